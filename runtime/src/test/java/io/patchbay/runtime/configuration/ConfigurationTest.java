package io.patchbay.runtime.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigurationTest {
  private static final String METATYPE =
      """
      <metatype:MetaData xmlns:metatype="http://www.osgi.org/xmlns/metatype/v1.4.0">
        <OCD id="a.Config">
          <AD id="host" type="String" default="127.0.0.1"/>
          <AD id="port" type="Integer" default="1883" min="1" max="65535"/>
          <AD id="ratio" type="Double" min="0"/>
          <AD id="bytes" type="Long" max="10"/>
          <AD id="tls" type="Boolean" default="false"/>
          <AD id="topics" type="String" cardinality="2147483647" default="a,b"/>
          <AD id="sync" type="String" default="full">
            <Option label="full" value="full"/><Option label="normal" value="normal"/>
          </AD>
        </OCD>
        <Designate pid="a.broker"><Object ocdref="a.Config"/></Designate>
        <Designate factoryPid="a.client"><Object ocdref="a.Config"/></Designate>
      </metatype:MetaData>
      """;

  private final Path home;
  private final Path data;

  ConfigurationTest(@TempDir Path folder) throws IOException {
    home = folder.resolve("home");
    data = folder.resolve("data");
    for (Path base : List.of(home, data)) {
      Files.createDirectories(base.resolve("conf"));
    }
    bundle(home.resolve("bundles/a.jar"), METATYPE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "port 1883 | 3: 'port 1883' is not key=value",
        "=1883 | 3: '=1883' is not key=value",
        "port=18\\u00zz | 3: has a malformed \\u escape; accepted: \\u and four hexadecimal digits",
        "prt=1883 | 3: unknown key 'prt'; a.broker accepts: host, port, ratio, bytes, tls, topics,"
            + " sync",
        "port=many | 3: port must be a whole number from 1 to 65535, not 'many'",
        "port= | 3: port must be a whole number from 1 to 65535, not ''",
        "port=0 | 3: port must be a whole number from 1 to 65535, not '0'",
        "port=70000 | 3: port must be a whole number from 1 to 65535, not '70000'",
        "ratio=-1 | 3: ratio must be a number of at least 0, not '-1'",
        "ratio=NaN | 3: ratio must be a number of at least 0, not 'NaN'",
        "bytes=11 | 3: bytes must be a whole number of at most 10, not '11'",
        "tls=yes | 3: tls must be true or false, not 'yes'",
        "sync=half | 3: sync must be one of full, normal, not 'half'",
        "host=a | 3: 'host' is given twice, first at %s:2",
      })
  void refusesABrokenFileByLine(String line, String message) throws IOException {
    Path file = data.resolve("conf/a.broker.cfg");
    Files.writeString(file, "# ours\nhost=b\n" + line + "\n");

    assertThat(refusal()).isEqualTo(file + ":" + message.formatted(file));
  }

  @Test
  void refusesAFileThatConfiguresNothing() throws IOException {
    Files.writeString(data.resolve("conf/a.brokr.cfg"), "port=1\n");

    assertThat(refusal())
        .endsWith("no bundle is configured by 'a.brokr'; accepted: a.broker, a.client");
  }

  @Test
  void refusesAFactoryWithoutANameAndANameWithoutAFactory() throws IOException {
    Path wrong = Files.writeString(data.resolve("conf/a.client.cfg"), "port=1\n");
    assertThat(refusal())
        .endsWith("'a.client' is configured several times, by name; accepted:" + " a.client~NAME");

    Files.delete(wrong);
    Files.writeString(data.resolve("conf/a.broker~x.cfg"), "port=1\n");
    assertThat(refusal()).endsWith("'a.broker' is configured once; leave '~x' out");
  }

  @Test
  void refusesAFileThatIsNoText() throws IOException {
    Files.write(data.resolve("conf/a.broker.cfg"), new byte[] {(byte) 0xff, (byte) 0xfe});

    assertThat(refusal()).endsWith("a.broker.cfg: is not UTF-8 text");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.broker | --set a.broker: is not pid:key=value",
        "a.broker:port | --set a.broker:port: is not pid:key=value",
        "a.broker:=1 | --set a.broker:=1: is not pid:key=value",
        "a broker:port=1 | --set a broker:port=1: 'a broker' names no configuration",
        "b:port=1 | --set b:port=1: no bundle is configured by 'b'",
        "a.broker:port=x | --set a.broker:port=x: port must be a whole number",
      })
  void refusesABrokenOption(String option, String message) {
    assertThat(refusal(option)).startsWith(message);
  }

  @Test
  void overlaysFilesByFilesAndFilesByOptions() throws Exception {
    Files.writeString(home.resolve("conf/a.broker.cfg"), "host=ours\nport=1\ntls=false\n");
    Files.writeString(data.resolve("conf/a.broker.cfg"), "port : 2\r\ntls = true\r\n");
    Files.writeString(data.resolve("conf/a.client~one.cfg"), "topics = a/#, b\\\\,c, \\\n  d\n");

    Configuration configuration =
        Configuration.read(home, data, List.of("a.broker:port=3", "a.client~two:host=h:1=x"));

    assertThat(configuration.values())
        .containsEntry(new Pid("a.broker", ""), Map.of("host", "ours", "port", 3, "tls", true))
        .containsEntry(new Pid("a.client", "two"), Map.of("host", "h:1=x"));
    assertThat(configuration.values().get(new Pid("a.client", "one")))
        .extracting(values -> values.get("topics"))
        .isEqualTo(new String[] {"a/#", "b,c", "d"});
  }

  @Test
  void knowsWhatIsInForceWithoutAFile() throws Exception {
    Configuration configuration = Configuration.read(home, data, List.of("a.client~one:port=1884"));

    assertThat(configuration.effective(new Pid("a.broker", ""), "port")).contains("1883");
    assertThat(configuration.configured("a.broker")).containsExactly(new Pid("a.broker", ""));
    assertThat(configuration.configured("a.client")).containsExactly(new Pid("a.client", "one"));
    assertThat(configuration.effective(new Pid("a.client", "one"), "port")).contains("1884");
    assertThat(configuration.effective(new Pid("gone", ""), "port")).isEmpty();
  }

  @Test
  void knowsWhatDeployedBundlesDeclare() throws Exception {
    bundle(data.resolve("deploy/b.jar"), METATYPE.replace("\"a.", "\"b."));
    Files.writeString(data.resolve("deploy/broken.jar"), "no jar");

    assertThat(Configuration.read(home, data, List.of("b.broker:port=7")).values())
        .containsEntry(new Pid("b.broker", ""), Map.of("port", 7));
  }

  private String refusal(String... options) {
    return String.valueOf(
        catchThrowableOfType(
                ConfigurationException.class,
                () -> Configuration.read(home, data, List.of(options)))
            .getMessage());
  }

  private static void bundle(Path jar, String metatype) throws IOException {
    Files.createDirectories(jar.toAbsolutePath().getParent());
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("OSGI-INF/metatype/"));
      zip.putNextEntry(new ZipEntry("OSGI-INF/metatype/a.xml"));
      zip.write(metatype.getBytes(StandardCharsets.UTF_8));
    }
  }
}
