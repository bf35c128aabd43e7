package io.patchbay.profiles.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.profile.Form;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.thing.Bytes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PartsDividerTest {
  private static final Form LIST =
      Slots.form(
          "application/json",
          "each",
          "tags",
          "names.mac",
          "mac",
          "names.gw",
          "$.gw",
          "time",
          "$.at",
          "timeFormat",
          "s");
  private static final Form MAP =
      Slots.form("application/json", "each", "data.tags", "names.mac", "@key");

  private static List<Frame> divided(Form form, String payload) throws DecodeException {
    return Slots.TYPES
        .divider(form)
        .divide(
            new Frame(
                new Origin("mqtt", "local", "gw/1"),
                Optional.empty(),
                Bytes.utf8(payload),
                "",
                Slots.RECEIVED,
                Optional.empty(),
                Optional.of(new DeliveryId("d".repeat(64), DeliveryId.Kind.UNIQUE)),
                false));
  }

  @Test
  void refusesWhatCannotBeDivided() {
    assertThatThrownBy(() -> divided(LIST, "{")).hasMessageContaining("not JSON");
    assertThatThrownBy(() -> divided(LIST, "{\"tags\":{}}")).hasMessageContaining("an array");
    assertThatThrownBy(() -> divided(MAP, "{\"data\":{\"tags\":[]}}"))
        .hasMessageContaining("an object");
    assertThatThrownBy(() -> divided(LIST, "{\"tags\":[" + "{},".repeat(1_000) + "{}]}"))
        .hasMessageContaining("1001 parts; accepted: 1000");
    assertThatThrownBy(() -> divided(LIST, "{\"tags\":[],\"tags\":[]}"))
        .isInstanceOf(DecodeException.class);
    assertThatThrownBy(() -> divided(LIST, "{\"tags\":[],\"at\":[]}")).hasMessageContaining("time");
    assertThatThrownBy(() -> Slots.TYPES.divider(Slots.form("text/plain", "each", "a")))
        .hasMessageContaining("text/plain");
  }

  @Test
  void dividesAnArrayAndNamesThePartsByThemselvesAndByTheWhole() throws DecodeException {
    List<Frame> parts =
        divided(
            LIST,
            "{\"gw\":\"g1\",\"at\":1276020000,\"tags\":[{\"mac\":\"A\",\"t\":21.25},{\"mac\":\"B\"}]}");
    assertThat(parts).hasSize(2);
    assertThat(parts.get(0).origin().terms()).isEqualTo(Map.of("mac", "A", "gw", "g1"));
    assertThat(parts.get(0).payload().text()).isEqualTo("{\"mac\":\"A\",\"t\":21.25}");
    assertThat(parts.get(0).time().orElseThrow().getEpochSecond()).isEqualTo(1276020000);
    assertThat(parts.get(1).origin().terms()).containsEntry("mac", "B");
    assertThat(parts.get(0).delivery()).isNotEqualTo(parts.get(1).delivery());
    assertThat(parts.get(0).delivery().orElseThrow().value()).hasSizeLessThanOrEqualTo(64);
  }

  @Test
  void dividesAnObjectByItsKeys() throws DecodeException {
    List<Frame> parts = divided(MAP, "{\"data\":{\"tags\":{\"AA:BB\":{\"rssi\":-5},\"CC\":{}}}}");
    assertThat(parts)
        .extracting(part -> part.origin().terms().get("mac"))
        .containsExactly("AA:BB", "CC");
    assertThat(divided(MAP, "{\"data\":{}}")).isEmpty();
  }

  @Test
  void dividesCbor() throws DecodeException {
    Form form = Slots.form("application/cbor", "each", "", "names.id", "i");
    List<Frame> parts =
        Slots.TYPES
            .divider(form)
            .divide(
                Frame.of(
                    new Origin("mqtt", "local", "gw"),
                    Bytes.wrap(java.util.HexFormat.of().parseHex("82a1616901a1616902")),
                    Slots.RECEIVED));
    assertThat(parts.get(0).payload().toString()).isIn("a1616901", "bf616901ff");
    assertThat(parts.get(1).origin().terms()).containsEntry("id", "2");
  }
}
