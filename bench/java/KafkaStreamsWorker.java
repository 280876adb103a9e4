import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.state.WindowStore;

/** The rule in Kafka Streams' DSL: sales of a pharmacy in a tumbling window, a finding at the limit. */
public final class KafkaStreamsWorker {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What the rule needs of a settlement. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Settlement(String settlement_id, String person, String pharmacy, long ts) {}

    /** What is remembered of a pharmacy in a window. */
    public record Sales(int count, List<String> persons, String by) {
        Sales and(Settlement settlement) {
            List<String> all = persons;
            if (!all.contains(settlement.person())) {
                all = new ArrayList<>(persons);
                all.add(settlement.person());
            }
            return new Sales(count + 1, all, settlement.settlement_id());
        }
    }

    public record Finding(String pharmacy, long window, String settlement_id, int count, int persons) {}

    /** Event time is in the payload. */
    public static final class EventTime implements TimestampExtractor {
        @Override
        public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
            return ((Settlement) record.value()).ts();
        }
    }

    private static <T> Serde<T> json(Class<T> type) {
        ObjectReader reader = JSON.readerFor(type);
        ObjectWriter writer = JSON.writerFor(type);
        Serializer<T> out = (topic, value) -> {
            try {
                return value == null ? null : writer.writeValueAsBytes(value);
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        };
        Deserializer<T> in = (topic, bytes) -> {
            try {
                return bytes == null ? null : reader.readValue(bytes);
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        };
        return Serdes.serdeFrom(out, in);
    }

    private static Properties settings(Map<String, String> given) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, given.get("BENCH_GROUP"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, given.get("BENCH_BOOTSTRAP"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, given.get("BENCH_DATA"));
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        if (given.get("BENCH_GUARANTEE").equals("exactly-once")) {
            settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        }
        return settings;
    }

    public static void main(String[] arguments) {
        Map<String, String> given = System.getenv();
        int limit = Integer.parseInt(given.get("BENCH_LIMIT"));
        Duration window = Duration.ofMillis(Long.parseLong(given.get("BENCH_WINDOW_MS")));
        StreamsBuilder builder = new StreamsBuilder();
        // Without a cache: with one, counts between two commits are skipped, the limit's among them.
        Materialized<String, Sales, WindowStore<Bytes, byte[]>> store =
                Materialized.<String, Sales, WindowStore<Bytes, byte[]>>as("sales")
                        .withKeySerde(Serdes.String())
                        .withValueSerde(json(Sales.class))
                        .withCachingDisabled();
        builder.stream(
                        given.get("BENCH_SOURCE"),
                        Consumed.with(Serdes.String(), json(Settlement.class))
                                .withTimestampExtractor(new EventTime()))
                .groupByKey(Grouped.with(Serdes.String(), json(Settlement.class)))
                .windowedBy(TimeWindows.ofSizeAndGrace(window, window))
                .aggregate(() -> new Sales(0, List.of(), ""), (key, settlement, sales) -> sales.and(settlement), store)
                .toStream()
                .filter((key, sales) -> sales.count() == limit)
                .map((key, sales) -> org.apache.kafka.streams.KeyValue.pair(
                        key.key(),
                        new Finding(
                                key.key(), key.window().start(), sales.by(), sales.count(), sales.persons().size())))
                .to(given.get("BENCH_FINDINGS"), Produced.with(Serdes.String(), json(Finding.class)));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings(given));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(5))));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
    }

    private KafkaStreamsWorker() {}
}
