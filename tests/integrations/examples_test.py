"""The examples of deploy/integrations say what the log of record says. Started by run_examples.sh,
with the build folder and the folder of the compiled Java example."""
import collections
import datetime
import hashlib
import json
import os
import pathlib
import re
import sys
import tempfile
import unittest

from confluent_kafka import Consumer, KafkaError, Producer

from house import ROOT, House, run

EXAMPLES = ROOT / "deploy/integrations"
sys.dont_write_bytecode = True
sys.path.insert(0, str(EXAMPLES / "python"))
from subscribe import Records  # noqa: E402

BUILD = pathlib.Path(sys.argv[1])
JAVA = pathlib.Path(sys.argv[2])
DESCRIPTORS = BUILD / "deploy/lastmeter.binpb"
TOPIC = "lastmeter.case.event.v1"
VILLAGES = ["430112001001", "430112001002", "430112002201", "430112100201", "430112101202"]
HIDDEN_VILLAGE = "430112103203"

# What each example says of one event, in the words that all of them can be brought to.
Line = collections.namedtuple("Line", "partition seq type subject area version")


def by_partition(lines):
    """Order is promised within a partition only."""
    partitions = collections.defaultdict(list)
    for line in lines:
        partitions[line.partition].append(line)
    return dict(partitions)


def line_of(row):
    """Of a record as `lastmeterctl log cat --json` shows it."""
    event = row["event"]
    body = next(name for name, value in event.items() if isinstance(value, dict))
    number, area, restricted = event.get("caseNumber"), event.get("area"), event.get("restricted")
    return Line(str(row["partition"]), row["seq"], body[0].upper() + body[1:],
                number if number and not restricted else "-",
                "-" if not number else area[:6] if restricted else area,
                str(event.get("caseVersion", 0)))


def kcat(brokers, *more, topic=TOPIC):
    env = {**os.environ, "LASTMETER_TOPIC": topic, "LASTMETER_DESCRIPTORS": str(DESCRIPTORS)}
    return run([EXAMPLES / "kcat/subscribe.sh", brokers, "-e", *more], env)


def lines_of_kcat(said):
    """Headers, and the version out of the decoded event, which a restricted case does not show."""
    lines = []
    for block in re.split(r"^(?=\d+\t)", said, flags=re.M)[1:]:
        head, _, decoded = block.partition("\n")
        partition, _, headers = head.split("\t")
        fields = dict(one.split("=", 1) for one in headers.split(",") if "=" in one)
        if "ce_type" not in fields:
            continue
        shown = re.search(r"^  case_version: (\d+)$", decoded, re.M)
        restricted = fields.get("ce_lmrestricted") == "true"
        assert restricted == (decoded == ""), block
        lines.append(Line(partition, fields["ce_lmseq"], fields["ce_type"].rsplit(".", 1)[1],
                          fields.get("ce_subject", "-"), fields.get("ce_lmarea", "-"),
                          "hidden" if restricted else shown.group(1) if shown else "0"))
    return lines


def java(brokers, *more, topic=TOPIC):
    return run(["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
                f"{JAVA}/target/classes:{JAVA}/target/dependency/*", "lastmeter.example.Subscriber",
                brokers, "until=end", f"topic={topic}", f"descriptors={DESCRIPTORS}", *more])


def python(brokers, database, group, *more, topic=TOPIC):
    return run([sys.executable, EXAMPLES / "python/subscribe.py", "--brokers", brokers, "--until-end",
                "--database", database, "--group", group, "--topic", topic,
                "--descriptors", DESCRIPTORS, *more])


def lines_of(said):
    return [Line(*line.split(" ")) for line in said.splitlines()]


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="lastmeter-examples-"))
        cls.folder = pathlib.Path(folder)
        cls.database = cls.folder / "inbox.db"
        house = cls.enterClassContext(House(BUILD, folder))
        cls.house, cls.brokers = house, house.brokers
        # A morning: reports of several villages, an answer, a refusal, and what nobody may see.
        first, *_ = [house.report(f"call-{i}", "elder-alone", v) for i, v in enumerate(VILLAGES)]
        house.post("district-desk", f"/v1/cases/{first}:acknowledge", {}, "answer-1")
        house.report("call-hidden", "domestic-violence", HIDDEN_VILLAGE)
        cls.before = lines_of(python(cls.brokers, cls.database, "lastmeter-subscriber-a"))
        cls.noon = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        # An afternoon, after which nothing is decided any more.
        house.report("call-again", "elder-alone", VILLAGES[1])
        house.report("call-hidden-again", "domestic-violence", HIDDEN_VILLAGE)
        house.close("gateway")
        house.close("escalator")
        cls.rows = house.log_cat()
        cls.log = [line_of(row) for row in cls.rows]
        cls.afternoon = [line for line in cls.log if line not in set(cls.before)]

    def test_the_story_has_what_the_examples_are_tried_on(self):
        types = {line.type for line in self.log}
        self.assertGreaterEqual(types, {"WriterOpened", "RulesInstalled", "CaseOpened",
                                        "CaseAcknowledged"})
        self.assertEqual(len({line.partition for line in self.log}), 4)
        self.assertEqual({line.area for line in self.log if line.type == "CaseOpened"},
                         {*VILLAGES, "430112"})
        self.assertTrue(self.before and self.afternoon)

    def test_kcat_says_what_the_log_says(self):
        said = kcat(self.brokers)
        hidden = {(row["partition"], row["seq"]) for row in self.rows
                  if row["event"].get("restricted")}
        self.assertTrue(hidden)
        expected = [line._replace(version="hidden")
                    if (int(line.partition), line.seq) in hidden else line for line in self.log]
        self.assertEqual(by_partition(lines_of_kcat(said)), by_partition(expected))
        self.assertNotIn(HIDDEN_VILLAGE, said)
        self.assertNotIn("domestic", said)

    def test_kcat_starts_at_a_position(self):
        position = self.rows[-1]
        said = kcat(self.brokers, "-p", position["partition"], "-o", position["position"])
        self.assertEqual([(line.partition, line.seq) for line in lines_of_kcat(said)],
                         [(str(position["partition"]), position["seq"])])

    def test_java_says_what_the_log_says(self):
        said = java(self.brokers)
        self.assertEqual(by_partition(lines_of(said)), by_partition(self.log))
        self.assertNotIn(HIDDEN_VILLAGE, said)

    def test_java_starts_at_a_date(self):
        said = java(self.brokers, f"since={self.noon}")
        self.assertEqual(by_partition(lines_of(said)), by_partition(self.afternoon))

    def test_python_goes_on_where_it_stood_and_takes_nothing_twice(self):
        after = lines_of(python(self.brokers, self.database, "lastmeter-subscriber-a"))
        self.assertEqual(by_partition(after), by_partition(self.afternoon))
        self.assertEqual(by_partition(self.before + after), by_partition(self.log))
        self.assertNotIn(HIDDEN_VILLAGE, {line.area for line in self.before + after})
        # Another group is brought everything again, as this one would be after a crash.
        again = python(self.brokers, self.database, "lastmeter-subscriber-b")
        self.assertEqual(again, "")

    def test_python_starts_at_a_date(self):
        said = python(self.brokers, self.folder / "since.db", "lastmeter-subscriber-c",
                      "--since", self.noon)
        self.assertEqual(by_partition(lines_of(said)), by_partition(self.afternoon))

    def copy(self, prefix, change=lambda value: value):
        """The log on a topic of its own, as it would be if `change` had been done to each value."""
        self.house.ctl("topics", "create", "--brokers", self.brokers, "--single-broker",
                       "--topic-prefix", prefix)
        producer = Producer({"bootstrap.servers": self.brokers})
        for message in self.messages():
            producer.produce(prefix + TOPIC, change(message.value()), message.key(),
                             message.partition(), headers=message.headers())
        producer.flush(60)
        return producer

    def messages(self):
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": "lastmeter-subscriber-copy",
                             "auto.offset.reset": "earliest", "enable.partition.eof": True,
                             "isolation.level": "read_committed", "enable.auto.commit": False})
        consumer.subscribe([TOPIC])
        found, ended = [], 0
        while ended < 4:
            message = consumer.poll(60)
            self.assertIsNotNone(message)
            if message.error() is None:
                found.append(message)
            else:
                self.assertEqual(message.error().code(), KafkaError._PARTITION_EOF)
                ended += 1
        consumer.close()
        return found

    def test_all_of_them_skip_what_is_no_event_and_bear_types_that_they_do_not_know(self):
        producer = self.copy("newer.")
        topic = "newer." + TOPIC
        last = [m for m in self.messages() if m.partition() == 0][-1]
        record = Records(DESCRIPTORS).read_data(last.value(), None)
        seq = record.seq + 1
        record.Clear()
        record.seq, record.parts = seq, 1
        record.prev_sha256 = hashlib.sha256(last.value()).digest()
        # An event with field 999, as a later version may write it: case_version is 7.
        event = b"\x10\x07" + b"\xba\x3e\x00"
        value = record.SerializeToString() + b"\x5a" + bytes([len(event)]) + event
        headers = {**dict(last.headers()), "ce_id": b"new-1", "ce_lmseq": str(seq).encode(),
                   "ce_type": b"lastmeter.event.v1.CaseTeleported"}
        for name in ("ce_subject", "ce_lmarea", "ce_lmrestricted"):
            headers.pop(name, None)
        producer.produce(topic, b"I was here", b"", 0)
        producer.produce(topic, value, b"", 0, headers=headers)
        producer.flush(60)
        expected = self.log + [Line("0", str(seq), "CaseTeleported", "-", "-", "7")]
        self.assertEqual(by_partition(lines_of(java(self.brokers, topic=topic))),
                         by_partition(expected))
        said = python(self.brokers, self.folder / "newer.db", "lastmeter-subscriber-d", topic=topic)
        self.assertEqual(by_partition(lines_of(said)), by_partition(expected))
        said = kcat(self.brokers, "-p", "0", topic=topic)
        self.assertEqual(lines_of_kcat(said)[-1], expected[-1])
        self.assertEqual(len(lines_of_kcat(said)), len(by_partition(expected)["0"]))

    def test_java_refuses_a_log_that_was_changed(self):
        records = Records(DESCRIPTORS)

        def begin_later(value):
            # One case's limits would count from an hour later. Its answer stands behind it.
            record = records.read_data(value, None)
            if record.event.area != VILLAGES[0] or not record.event.HasField("case_opened"):
                return value
            record.event.case_opened.accepted_at_ms += 3_600_000
            return record.SerializeToString()

        self.copy("changed.", begin_later)
        changed = next(line for line in self.log
                       if line.area == VILLAGES[0] and line.type == "CaseOpened")
        with self.assertRaisesRegex(RuntimeError, rf"changed\.{TOPIC}/{changed.partition}@\d+: record "
                                                  rf"\d+ does not follow record {changed.seq}"):
            java(self.brokers, topic="changed." + TOPIC)

    def test_the_stream_shows_what_its_caller_may_see_and_goes_on_behind_an_id(self):
        seen = [line for line in self.log if line.subject != "-"]
        frames = self.stream("?after=0", {}, len(seen))
        lines = [Line(str(one.get("partition", 0)), one["seq"], one["type"],
                      one["event"]["caseNumber"], one["event"]["area"],
                      str(one["event"]["caseVersion"])) for _, one in frames]
        self.assertEqual(by_partition(lines), by_partition(seen))
        self.assertEqual(self.stream("", {"Last-Event-ID": frames[2][0]}, len(seen) - 3), frames[3:])
        with self.house.events("looker", f"?after={frames[2][0]}&pageSize=200") as page:
            self.assertEqual(json.load(page)["events"], [one for _, one in frames[3:]])

    def stream(self, query, headers, count):
        """So many (id, data) of the stream; it is open for as long as it takes."""
        frames, frame = [], {}
        with self.house.events("looker", query, {"Accept": "text/event-stream", **headers}) as stream:
            while len(frames) < count:
                name, _, value = stream.readline().decode().rstrip("\n").partition(": ")
                if name:
                    frame[name] = value
                    continue
                if "data" in frame:
                    frames.append((frame["id"], json.loads(frame["data"])))
                frame = {}
        return frames


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
