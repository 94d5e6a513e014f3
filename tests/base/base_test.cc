#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/base/utf8.h"

namespace lastmeter {
namespace {

TEST(HashTest, Sha256AgreesWithThePublishedVector) {
  EXPECT_EQ(ToHex(AsBytes(Sha256("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// Vectors of Kafka's own UtilsTest.testMurmur2.
TEST(HashTest, Murmur2AgreesWithKafkasJavaClient) {
  EXPECT_EQ(static_cast<int32_t>(Murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")),
            -58897971);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("abc")), 479470107);
}

TEST(CaseNumberTest, HasOneTextForm) {
  CaseNumber number{430112001001, 2026, 42};
  EXPECT_EQ(number.ToString(), "430112001001-2026-00042");
  EXPECT_EQ(CaseNumber::Parse("430112001001-2026-00042"), number);
  CaseNumber large{430112001001, 2026, 1234567};
  EXPECT_EQ(CaseNumber::Parse(large.ToString()), large);
  for (auto* text :
       {"", "430112001001-2026-42", "430112001001-2026-000042", "43011200100a-2026-00042",
        "430112001001-2026-00042 ", "430112001001/2026/00042", "430112001001-2026-99999999999"}) {
    EXPECT_FALSE(CaseNumber::Parse(text).has_value()) << text;
  }
}

TEST(TimeTest, DaysBeginAtMidnightInUtcPlus8) {
  Timestamp t = *ParseRfc3339("2026-01-31T16:00:00Z");
  EXPECT_EQ(DateOf(t), 20260201u);
  EXPECT_EQ(DateOf(t - Millis{1}), 20260131u);
  EXPECT_EQ(StartOf(20260201), t);
  EXPECT_EQ(NextDate(20260228), 20260301u);
  EXPECT_EQ(WeekdayOf(20260105), 0);
  EXPECT_EQ(FormatRfc3339(t), "2026-02-01T00:00:00.000+08:00");
  EXPECT_FALSE(ParseRfc3339("yesterday").has_value());
  EXPECT_FALSE(IsValidDate(20260230));
  EXPECT_TRUE(IsValidDate(20240229));
}

TEST(Utf8Test, AcceptsWellFormedTextOnly) {
  for (auto* good : {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                     "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "望城区 𠮷"}) {
    EXPECT_TRUE(IsUtf8(good)) << ToHex(good);
  }
  for (auto* bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf",
                    "\xed\xa0\x80", "\xe6\x9c", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                    "\xf5\x80\x80\x80", "\xff", "\xcd\xfb\xb3\xc7\xc7\xf8"}) {
    EXPECT_FALSE(IsUtf8(bad)) << ToHex(bad);
  }
  EXPECT_TRUE(HasControlCharacters("a\nb"));
  EXPECT_TRUE(HasControlCharacters("\x7f"));
  EXPECT_FALSE(HasControlCharacters("望城 区"));
}

TEST(CheckDeathTest, EndsTheProcessWithItsMessage) {
  EXPECT_DEATH(LM_CHECK(1 == 2) << "sums", "check failed: 1 == 2 sums");
}

}  // namespace
}  // namespace lastmeter
