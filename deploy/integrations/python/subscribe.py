#!/usr/bin/env python3
"""Follows lastmeter's events: at least once from Kafka, once into a database of your own.

    python3 -m venv venv && venv/bin/pip install --require-hashes -r requirements.txt
    venv/bin/python subscribe.py --brokers HOST:PORT --database inbox.db

Goes on where its group stood. A new group starts at the beginning, or at --since 2026-07-01T00:00+08:00.
"""
import argparse
import datetime
import sqlite3

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SCHEMA = """CREATE TABLE IF NOT EXISTS inbox (
  ce_id TEXT PRIMARY KEY, partition INTEGER, seq INTEGER, type TEXT, case_number TEXT, area TEXT,
  case_version INTEGER, decided_at TEXT)"""


class Records:
    """The value of a message, which the CloudEvents SDK asks for by this method alone."""

    def __init__(self, descriptors):
        # A reader for the messages from their descriptors: no generated code, and none to renew.
        pool = descriptor_pool.DescriptorPool()
        with open(descriptors, "rb") as file:
            for one in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
                pool.Add(one)
        name = pool.FindMessageTypeByName("lastmeter.event.v1.Record")
        self._record = message_factory.GetMessageClass(name)

    def read_data(self, body, datacontenttype):
        return self._record.FromString(body)


def read(message, records):
    """The CloudEvent that a message is; None for what is none, which a subscriber skips."""
    headers = dict(message.headers() or [])
    if "ce_type" not in headers:
        return None
    # The key only says which partition it is; events of a partition have an empty one.
    return from_binary(KafkaMessage(headers, None, message.value()), records)


def store(database, messages, records):
    """Takes the messages in one transaction, those that came before excepted; yields a line each."""
    with database:
        for message in messages:
            event = read(message, records)
            if event is None:
                continue
            # A type that came after this was written is kept too: unknown is no error. What is known
            # is read from event.get_data().event, by the field that WhichOneof("body") names.
            row = (event.get_id(), message.partition(), int(event.get_extension("lmseq")),
                   event.get_type().rsplit(".", 1)[1],
                   # Restricted cases have no subject, and their district as area.
                   event.get_subject(), event.get_extension("lmarea"),
                   event.get_data().event.case_version, event.get_time().isoformat())
            # The same id is the same event: Kafka brings it again after a crash before the commit.
            if database.execute("INSERT OR IGNORE INTO inbox VALUES (?,?,?,?,?,?,?,?)", row).rowcount:
                yield " ".join("-" if field is None else str(field) for field in row[1:7])


def starter(since_ms):
    """What happens when the group gives out partitions: each goes on, or begins at the date."""

    def start(consumer, partitions):
        partitions = consumer.committed(partitions)
        new = [p for p in partitions if p.offset < 0]
        if since_ms is not None and new:
            # By the time at which the broker took it, which is a few milliseconds behind ce_time.
            # Where nothing is as new as that, the partition begins at its end.
            dates = [TopicPartition(p.topic, p.partition, since_ms) for p in new]
            new = consumer.offsets_for_times(dates)
        consumer.assign([p for p in partitions if p.offset >= 0] + new)

    return start


def follow(consumer, database, records, until_end):
    ended = set()
    while True:
        messages = []
        for message in consumer.consume(num_messages=500, timeout=1.0):
            if message.error() is None:
                messages.append(message)
            elif message.error().code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
            else:
                raise KafkaException(message.error())
        if messages:
            for line in store(database, messages, records):
                print(line, flush=True)
            # Behind the database, never before it: what is lost between the two comes again.
            consumer.commit(asynchronous=False)
        if until_end and ended >= {p.partition for p in consumer.assignment()} != set():
            return


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--brokers", required=True)
    options.add_argument("--topic", default="lastmeter.case.event.v1")
    options.add_argument("--group", default="lastmeter-subscriber-python",
                         help="the operator's ACLs allow names that begin with lastmeter-subscriber")
    options.add_argument("--database", default="inbox.db")
    options.add_argument("--descriptors", default="/usr/share/lastmeter/lastmeter.binpb")
    options.add_argument("--since", type=datetime.datetime.fromisoformat, help="where a new group starts")
    options.add_argument("--until-end", action="store_true", help="end where the topic ends for now")
    options.add_argument("--property", action="append", default=[], metavar="NAME=VALUE",
                         help="any of librdkafka's, such as those to log in with")
    given = options.parse_args()

    consumer = Consumer({
        "bootstrap.servers": given.brokers,
        "group.id": given.group,
        # What was aborted was never decided.
        "isolation.level": "read_committed",
        # Offsets are committed here, behind the database, and not by a clock.
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": given.until_end,
        **dict(one.split("=", 1) for one in given.property),
    })
    database = sqlite3.connect(given.database)
    database.execute(SCHEMA)
    since_ms = None if given.since is None else int(given.since.timestamp() * 1000)
    consumer.subscribe([given.topic], on_assign=starter(since_ms))
    try:
        follow(consumer, database, Records(given.descriptors), given.until_end)
    except KeyboardInterrupt:
        pass
    finally:
        # Leaves the group, so that the others take over its partitions at once.
        consumer.close()
        database.close()


if __name__ == "__main__":
    main()
