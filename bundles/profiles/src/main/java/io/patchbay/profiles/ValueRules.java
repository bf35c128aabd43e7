package io.patchbay.profiles;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Formula;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Op;
import io.patchbay.profiles.media.Literals;
import io.patchbay.southbound.Conformer;
import io.patchbay.southbound.DecodeException;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads what a property says of its values besides their type: formula, deadband, interval, range.
 */
final class ValueRules {
  private static final Set<String> NUMERIC = Set.of("number", "integer", "boolean");

  private ValueRules() {}

  /** How it is computed, from properties that are not. */
  static Optional<Formula> compute(String name, Entry property, Entry properties) {
    Entry said = property.get("compute");
    Optional<String> text = said.text();
    if (text.isEmpty()) {
      return Optional.empty();
    }
    for (String other :
        List.of("forms", "poll", "from", "scale", "offset", "values", "readOnly", "enum")) {
      if (property.get(other).present()) {
        property.get(other).error("'" + other + "' and 'compute' do not go together");
      }
    }
    if (!NUMERIC.contains(property.get("type").text(""))) {
      said.error("compute gives a number; accepted types: number, integer, boolean");
    }
    try {
      Formula formula = Formula.of(text.get());
      for (String used : formula.names()) {
        Entry source = properties.get(used);
        if (!source.present()) {
          said.error("{" + used + "} in compute of '" + name + "' is no property of the profile");
        } else if (source.get("compute").present()) {
          said.error("{" + used + "} is computed itself; accepted: properties that have forms");
        } else if (!NUMERIC.contains(source.get("type").text(""))) {
          said.error("{" + used + "} is no number; accepted types: number, integer, boolean");
        }
      }
      return Optional.of(formula);
    } catch (IllegalArgumentException e) {
      said.error(String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  /** What it shall be: a value that it can be written. */
  static Optional<Value> desired(String name, Entry property, DataSchema schema, boolean readOnly) {
    Entry said = property.get("desired");
    Optional<String> text = said.text();
    if (text.isEmpty()) {
      return Optional.empty();
    } else if (readOnly) {
      said.error(
          "'"
              + name
              + "' cannot be written, so nothing can be desired of it; give it a form with"
              + " op: writeproperty");
      return Optional.empty();
    }
    boolean reports =
        property.get("poll").present()
            || property.get("forms").elements().stream()
                .map(form -> form.get("op"))
                .anyMatch(op -> !op.present() || op.texts().contains(Op.OBSERVE.wot()));
    if (!reports) {
      said.warn(
          "nothing reports '"
              + name
              + "', so the hub writes it in vain; give it a form that is"
              + " observed, or poll it");
    }
    try {
      Conformer conformer = new Conformer(schema);
      Value value = conformer.checked(Literals.model(schema.type(), text.get()));
      conformer.down(value);
      return Optional.of(value);
    } catch (DecodeException e) {
      said.error("desired: " + e.detail());
    } catch (IllegalArgumentException e) {
      said.error("desired: " + e.getMessage());
    }
    return Optional.empty();
  }

  static Keeping keeping(Entry property, DataSchema schema) {
    boolean number =
        schema.type() == DataSchema.Type.NUMBER || schema.type() == DataSchema.Type.INTEGER;
    Entry band = property.get("deadband");
    double deadband = band.number().orElse(0.0);
    if (band.present() && (!number || !(deadband > 0) || Double.isInfinite(deadband))) {
      band.error("deadband is a number above 0, for type integer or number");
      deadband = 0;
    }
    Duration interval =
        ProfileReader.duration(property.get("minimumInterval")).orElse(Duration.ZERO);
    return new Keeping(deadband, interval, outside(property, schema));
  }

  private static Optional<Quality> outside(Entry property, DataSchema schema) {
    Entry said = property.get("outOfRange");
    String word = said.text("reject");
    if (said.present() && schema.minimum().isEmpty() && schema.maximum().isEmpty()) {
      said.error("outOfRange needs a range: minimum or maximum");
    }
    return switch (word) {
      case "reject" -> Optional.empty();
      case "uncertain" -> Optional.of(Quality.UNCERTAIN);
      case "bad" -> Optional.of(Quality.BAD);
      default -> {
        said.error("outOfRange '" + word + "' is not known; accepted: reject, uncertain, bad");
        yield Optional.empty();
      }
    };
  }
}
