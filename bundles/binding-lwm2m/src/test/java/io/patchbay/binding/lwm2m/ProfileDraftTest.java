package io.patchbay.binding.lwm2m;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Profiles made of the definitions of objects. */
final class ProfileDraftTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private static List<LwM2mPath> paths(String... paths) {
    return List.of(paths).stream().map(LwM2mPath::new).toList();
  }

  @Test
  void aVendorsFileThatIsNoDefinitionIsRefused() throws Exception {
    ModelFiles models = new ModelFiles();
    Path file = Files.writeString(folder.resolve("mine.xml"), "<LWM2M><Object/></LWM2M>");
    models.install(file.toFile());
    assertThat(models.refused()).hasSize(1).first().asString().startsWith("lwm2m-models/mine.xml:");
    Files.writeString(
        file, "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><LWM2M>&b;</LWM2M>");
    models.update(file.toFile());
    assertThat(models.refused()).hasSize(1);
    models.uninstall(file.toFile());
    assertThat(models.refused()).isEmpty();
  }

  @Test
  void aVendorsObjectIsKnownWhileItsFileIsThere() throws Exception {
    ModelFiles models = new ModelFiles();
    assertThat(ProfileDraft.of(paths("/26241/0"), models).text()).doesNotContain("soilMoisture");
    Path file =
        Files.writeString(
            folder.resolve("26241.xml"),
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <LWM2M xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://openmobilealliance.org/tech/profiles/LWM2M.xsd">
              <Object ObjectType="MODefinition">
                <Name>Soil Moisture</Name><Description1></Description1>
                <ObjectID>26241</ObjectID><ObjectURN>urn:oma:lwm2m:x:26241</ObjectURN>
                <MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
                <Resources>
                  <Item ID="1"><Name>Moisture</Name><Operations>R</Operations><MultipleInstances>Single</MultipleInstances><Mandatory>Mandatory</Mandatory><Type>Float</Type><RangeEnumeration></RangeEnumeration><Units>V</Units><Description></Description></Item>
                </Resources>
                <Description2></Description2>
              </Object>
            </LWM2M>
            """);
    models.install(file.toFile());
    assertThat(models.refused()).isEmpty();
    assertThat(ProfileDraft.of(paths("/26241/0"), models).text())
        .contains(
            "soilMoisture: { title: \"Soil Moisture\", semantic: \"26241/1\", type: number, unit: \"V\"");
    models.uninstall(file.toFile());
    assertThat(models.find(26241)).isEmpty();
  }

  @Test
  void aSensorsValueIsNamedAfterItsObject() {
    String text = ProfileDraft.of(paths("/3303/0", "/3303/2"), new ModelFiles()).text();
    assertThat(text)
        .contains(
            "  temperature: { title: \"Temperature\", semantic: \"3303/5700\", type: number, unit:"
                + " \"Cel\", forms: [ { use: resource, op: [observeproperty, readproperty], path:"
                + " /3303/0/5700 } ] }")
        .contains("  temperature_2: { title: \"Temperature (2)\"")
        .contains(
            "  temperatureResetMinAndMaxMeasuredValues: { title: \"Temperature: Reset Min and Max"
                + " Measured Values\", forms: [ { protocol: lwm2m, path: /3303/0/5605 } ] }")
        .contains("temperatureMinMeasuredValue: {")
        .contains("observe: false, path: /3303/0/5601");
  }

  @Test
  void keysAreNobodysData() {
    String text =
        ProfileDraft.of(paths("/0/0", "/1/0", "/2/0", "/3/0", "/21/0"), new ModelFiles()).text();
    assertThat(text)
        .doesNotContain("/0/0/5")
        .doesNotContain("/21/0/")
        .doesNotContain("/2/0/")
        .contains(
            "batteryLevel: { title: \"Device: Battery Level\", semantic: \"3/9\", type: integer, unit: \"%EL\"")
        .contains("reboot: { title: \"Device: Reboot\"");
  }

  @Test
  void theSameObjectsHaveTheSameProfile() {
    ModelFiles models = new ModelFiles();
    ProfileDraft one = ProfileDraft.of(paths("/3/0", "/3303/0"), models);
    assertThat(ProfileDraft.of(paths("/3303/0", "/3/0"), models)).isEqualTo(one);
    assertThat(ProfileDraft.of(paths("/3303/1", "/3/0"), models).id()).isNotEqualTo(one.id());
  }

  @Test
  void everyObjectThatShipsCanBeRead() {
    ModelFiles models = new ModelFiles();
    for (int object : List.of(0, 1, 2, 3, 4, 5, 6, 7, 9, 21, 3200, 3303, 3311, 3350)) {
      assertThat(models.find(object)).as("object %s", object).isPresent();
    }
  }
}
