package lastmeter.example;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads all of lastmeter's events, from the beginning or from a date, prints a line for each, and
 * verifies on the way that nothing is missing and nothing was changed. In no group: it keeps no place,
 * and as many as you like may run beside each other.
 *
 * <pre>Subscriber HOST:PORT [since=2026-07-01T00:00+08:00] [until=end] [topic=NAME]
 *            [descriptors=FILE] [properties=FILE]</pre>
 */
public final class Subscriber {
  /** Where the chain of one partition stands: the record before the next one. */
  private record Link(long seq, byte[] sha256) {}

  private final Descriptor recordType;
  private final Map<Integer, Link> chain = new HashMap<>();
  private final boolean fromBeginning;

  private Subscriber(Descriptor recordType, boolean fromBeginning) {
    this.recordType = recordType;
    this.fromBeginning = fromBeginning;
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (String arg : Arrays.asList(args).subList(1, args.length)) {
      options.put(arg.split("=", 2)[0], arg.split("=", 2)[1]);
    }
    String since = options.get("since");
    Descriptor type =
        recordType(options.getOrDefault("descriptors", "/usr/share/lastmeter/lastmeter.binpb"));
    var subscriber = new Subscriber(type, since == null);
    try (var consumer = new KafkaConsumer<byte[], byte[]>(settings(args[0], options))) {
      String topic = options.getOrDefault("topic", "lastmeter.case.event.v1");
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      consumer.assign(partitions);
      seek(consumer, partitions, since);
      subscriber.follow(consumer, partitions, "end".equals(options.get("until")));
    }
  }

  private static Properties settings(String brokers, Map<String, String> options) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", brokers);
    // Kafka's Java client reads everything unless told: what was aborted was never decided.
    settings.put("isolation.level", "read_committed");
    // An offset that is gone is lost data, and no reason to start anywhere else.
    settings.put("auto.offset.reset", "none");
    settings.put("enable.auto.commit", "false");
    settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
    settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
    if (options.containsKey("properties")) {
      try (InputStream file = new FileInputStream(options.get("properties"))) {
        settings.load(file);
      }
    }
    return settings;
  }

  /** The beginning, or the first record that the broker took at that time or later. */
  private static void seek(
      KafkaConsumer<?, ?> consumer, List<TopicPartition> partitions, String since) {
    consumer.seekToBeginning(partitions);
    if (since == null) return;
    long ms = OffsetDateTime.parse(since).toInstant().toEpochMilli();
    Map<TopicPartition, Long> wanted = new HashMap<>();
    for (TopicPartition p : partitions) wanted.put(p, ms);
    for (Map.Entry<TopicPartition, OffsetAndTimestamp> found :
        consumer.offsetsForTimes(wanted).entrySet()) {
      // Null where the partition has nothing so new.
      if (found.getValue() != null) consumer.seek(found.getKey(), found.getValue().offset());
      else consumer.seekToEnd(List.of(found.getKey()));
    }
  }

  private void follow(
      KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions, boolean untilEnd)
      throws Exception {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    do {
      for (ConsumerRecord<byte[], byte[]> message : consumer.poll(Duration.ofSeconds(1))) {
        take(message);
      }
      // By position, not by the last record: markers of transactions take offsets too.
    } while (!untilEnd || partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p)));
  }

  private void take(ConsumerRecord<byte[], byte[]> message) throws Exception {
    String type = header(message, "ce_type");
    // No event: a stranger wrote here, which the brokers' ACLs ought to forbid.
    if (type == null) return;
    Message record = DynamicMessage.parseFrom(recordType, message.value());
    verify(message, record);
    // Fields of types that came after these descriptors are kept and ignored: unknown is no error.
    Message event = (Message) record.getField(recordType.findFieldByName("event"));
    Object version = event.getField(event.getDescriptorForType().findFieldByName("case_version"));
    System.out.println(
        String.join(
            " ",
            String.valueOf(message.partition()),
            header(message, "ce_lmseq"),
            type.substring(type.lastIndexOf('.') + 1),
            // Restricted cases have no subject, and their district as area.
            orDash(header(message, "ce_subject")),
            orDash(header(message, "ce_lmarea")),
            version.toString()));
  }

  /** Each record holds its number and the hash of the record before, over its bytes as stored. */
  private void verify(ConsumerRecord<byte[], byte[]> message, Message record) throws Exception {
    long seq = (Long) record.getField(recordType.findFieldByName("seq"));
    byte[] before =
        ((ByteString) record.getField(recordType.findFieldByName("prev_sha256"))).toByteArray();
    Link last = chain.get(message.partition());
    // The first record of all stands on nothing; the first one behind a date on what was not read.
    if (last == null && fromBeginning) last = new Link(0, new byte[32]);
    if (last != null && (seq != last.seq() + 1 || !Arrays.equals(before, last.sha256()))) {
      throw new IllegalStateException(
          "%s/%d@%d: record %d does not follow record %d"
              .formatted(
                  message.topic(), message.partition(), message.offset(), seq, last.seq()));
    }
    byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(message.value());
    chain.put(message.partition(), new Link(seq, sha256));
  }

  private static String header(ConsumerRecord<?, ?> message, String name) {
    Header header = message.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
  }

  private static String orDash(String text) {
    return text == null ? "-" : text;
  }

  /** A reader for the messages from their descriptors: no generated code, and none to renew. */
  private static Descriptor recordType(String path) throws Exception {
    FileDescriptorSet set = FileDescriptorSet.parseFrom(Files.readAllBytes(Path.of(path)));
    // Every file stands behind those that it imports.
    Map<String, FileDescriptor> files = new HashMap<>();
    for (FileDescriptorProto file : set.getFileList()) {
      FileDescriptor[] imports =
          file.getDependencyList().stream().map(files::get).toArray(FileDescriptor[]::new);
      files.put(file.getName(), FileDescriptor.buildFrom(file, imports));
    }
    return files.get("lastmeter/event/v1/record.proto").findMessageTypeByName("Record");
  }
}
