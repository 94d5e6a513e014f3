#include "services/common/tokens.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace lastmeter {
namespace {

using testing::HasSubstr;

std::string ErrorOf(const std::string& text) {
  const auto file = TokenFile::Parse(text, "tokens");
  EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(file.status().message());
}

TEST(TokenFileTest, FindsTheCallerOfAToken) {
  const auto file = TokenFile::Parse(
      "# people\n\n" + HashToken("a") + " tan-dan staff 430112001 town named-officer # 谭丹\n" +
          HashToken("b") + "\thotline sentinel 430112\r\n" + HashToken("c") +
          " op operator 430112 -\n" + HashToken("v") + " zhou volunteer 430112001001",
      "tokens");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->size(), 4u);
  EXPECT_EQ(file->Callers().size(), 4u);
  const auto a = file->Find("a");
  ASSERT_TRUE(a.has_value());
  EXPECT_EQ(a->id, "tan-dan");
  EXPECT_EQ(a->role, common::v1::ROLE_STAFF);
  EXPECT_EQ(a->area, "430112001");
  EXPECT_EQ(a->tier, common::v1::TIER_TOWN);
  EXPECT_TRUE(a->named_officer);
  EXPECT_EQ(file->Find("b")->role, common::v1::ROLE_SENTINEL);
  EXPECT_EQ(file->Find("b")->tier, common::v1::TIER_UNSPECIFIED);
  EXPECT_FALSE(file->Find("c")->named_officer);
  EXPECT_EQ(file->Find("v")->role, common::v1::ROLE_VOLUNTEER);
  EXPECT_FALSE(file->Find("d").has_value());
  EXPECT_FALSE(file->Find("").has_value());
  EXPECT_FALSE(file->Find(HashToken("a")).has_value());
}

TEST(TokenFileTest, NamesTheLineThatIsWrong) {
  const std::string good = HashToken("a") + " x staff 430112";
  EXPECT_THAT(ErrorOf(good + "\n" + HashToken("a") + " y staff 430112"),
              testing::AllOf(HasSubstr("tokens:2"), HasSubstr("line 1")));
  EXPECT_THAT(ErrorOf("\n" + HashToken("a") + " x king 430112"),
              HasSubstr("tokens:2: role 'king'"));
  EXPECT_THAT(ErrorOf(HashToken("a") + " x staff 43011"), HasSubstr("area '43011'"));
  EXPECT_THAT(ErrorOf(good + " moon"), HasSubstr("tier 'moon'"));
  EXPECT_THAT(ErrorOf(HashToken("a") + " x volunteer 430112001001 - named-officer"),
              HasSubstr("a volunteer is no named officer"));
  EXPECT_THAT(ErrorOf(good + " town boss"), HasSubstr("'boss'"));
  EXPECT_THAT(ErrorOf(good + " town named-officer more"), HasSubstr("expected"));
  EXPECT_THAT(ErrorOf(HashToken("a") + " x"), HasSubstr("expected"));
}

TEST(TokenFileTest, DoesNotRepeatATokenThatWasNotHashed) {
  EXPECT_THAT(ErrorOf("plain-secret x staff 430112"), testing::Not(HasSubstr("plain-secret")));
}

TEST(TokenFileTest, RefusesAFileThatOthersMayRead) {
  const std::string path = testing::TempDir() + "/tokens." + std::to_string(getpid());
  std::ofstream(path) << HashToken("a") << " x staff 430112\n";
  for (mode_t mode : {0644, 0640, 0604, 0620}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const absl::Status status = TokenFile::Load(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(status.message()), HasSubstr("chmod 600 " + path));
  }
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  EXPECT_TRUE(TokenFile::Load(path).ok());
  unlink(path.c_str());
  EXPECT_EQ(TokenFile::Load(path).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(TokenFile::Load(testing::TempDir()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(TokenFileTest, LetsRootHandASecretToAGroup) {
  constexpr uid_t kRoot = 0, kService = 998, kSomebody = 1000;
  EXPECT_TRUE(IsPrivateFile(kService, 0600, kService));
  EXPECT_FALSE(IsPrivateFile(kService, 0640, kService));
  EXPECT_TRUE(IsPrivateFile(kRoot, 0440, kService));
  EXPECT_TRUE(IsPrivateFile(kRoot, 0640, kService));
  EXPECT_FALSE(IsPrivateFile(kRoot, 0660, kService));
  EXPECT_FALSE(IsPrivateFile(kRoot, 0444, kService));
  EXPECT_FALSE(IsPrivateFile(kRoot, 0640, kRoot));
  EXPECT_FALSE(IsPrivateFile(kSomebody, 0640, kService));
}

TEST(TokenTest, IsNewEachTime) {
  const auto one = MakeToken();
  const auto two = MakeToken();
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_NE(*one, *two);
  EXPECT_EQ(one->size(), 43u);
  EXPECT_EQ(
      one->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
}

}  // namespace
}  // namespace lastmeter
