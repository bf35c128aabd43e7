package io.patchbay.profiles;

import io.patchbay.profile.DataSchema;
import io.patchbay.profiles.unit.Units;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads type, unit, scale, bounds and words of a value; a conversion of units is folded in. */
final class SchemaReader {
  private SchemaReader() {}

  static DataSchema read(Entry entry) {
    DataSchema.Type type = type(entry);
    String unit = entry.get("unit").text("");
    if (!unit.isEmpty() && !Units.senml(unit)) {
      entry
          .get("unit")
          .error(
              "unit '"
                  + unit
                  + "' is not of SenML; nearest accepted: "
                  + String.join(", ", Units.nearest(unit, true))
                  + (Units.known(unit) ? " (on the wire say from: " + unit + ")" : ""));
    }
    boolean numeric = type == DataSchema.Type.INTEGER || type == DataSchema.Type.NUMBER;
    double scale = entry.get("scale").number().orElse(1.0);
    double offset = entry.get("offset").number().orElse(0.0);
    if (scale == 0 || !Double.isFinite(scale)) {
      entry.get("scale").error("scale must not be 0");
      scale = 1;
    }
    Units.Conversion conversion = conversion(entry, unit);
    if (!numeric) {
      for (String name : List.of("unit", "from", "scale", "offset", "minimum", "maximum")) {
        if (entry.get(name).present()) {
          entry.get(name).error("'" + name + "' is for type integer or number");
        }
      }
    }
    List<DataSchema.WireWord> words = words(entry, type);
    if (numeric && !words.isEmpty() && !(scale == 1 && offset == 0 && conversion.identity())) {
      entry.get("values").error("values together with scale, offset or from are not accepted");
    }
    Optional<Double> minimum = entry.get("minimum").number();
    Optional<Double> maximum = entry.get("maximum").number();
    if (minimum.isPresent() && maximum.isPresent() && minimum.get() > maximum.get()) {
      entry
          .get("minimum")
          .error("minimum " + minimum.get() + " is greater than maximum " + maximum.get());
    }
    return new DataSchema(
        type,
        unit,
        exact(scale * conversion.scale()),
        exact(offset * conversion.scale() + conversion.offset()),
        minimum,
        maximum,
        options(entry, type),
        words);
  }

  /** Without the last digits that binary multiplication makes up. */
  private static double exact(double product) {
    return new BigDecimal(product).round(new MathContext(16)).doubleValue();
  }

  private static DataSchema.Type type(Entry entry) {
    String word = entry.needed("type");
    for (DataSchema.Type type : DataSchema.Type.values()) {
      if (type.name().toLowerCase(Locale.ROOT).equals(word)) {
        return type;
      }
    }
    if (!word.isEmpty()) {
      entry
          .get("type")
          .error(
              "type '" + word + "' is unknown; accepted: boolean, integer, number, string, data");
    }
    return DataSchema.Type.STRING;
  }

  private static Units.Conversion conversion(Entry entry, String unit) {
    Units.Conversion none = new Units.Conversion(1, 0);
    Entry from = entry.get("from");
    String given = from.text("");
    if (given.isEmpty()) {
      return none;
    }
    if (unit.isEmpty()) {
      from.error("from says the unit on the wire; 'unit', that of the model, is missing");
      return none;
    }
    if (!Units.known(given)) {
      from.error(
          "unit '"
              + given
              + "' is not known; nearest accepted: "
              + String.join(", ", Units.nearest(given, false)));
      return none;
    }
    Optional<Units.Conversion> conversion = Units.conversion(given, unit);
    if (conversion.isEmpty() && Units.senml(unit)) {
      from.error(
          "'"
              + given
              + "' cannot be converted to '"
              + unit
              + "'; accepted: "
              + String.join(", ", Units.alike(unit)));
    }
    return conversion.orElse(none);
  }

  private static List<DataSchema.WireWord> words(Entry entry, DataSchema.Type type) {
    List<DataSchema.WireWord> words = new ArrayList<>();
    entry
        .get("values")
        .members()
        .forEach(
            (wire, model) -> {
              String text = model.text("");
              if (fits(text, type)) {
                words.add(new DataSchema.WireWord(wire, text));
              } else {
                model.error(
                    "'"
                        + text
                        + "' is not a value of type "
                        + type.name().toLowerCase(Locale.ROOT));
              }
            });
    return words;
  }

  private static boolean fits(String text, DataSchema.Type type) {
    return switch (type) {
      case BOOLEAN -> text.equals("true") || text.equals("false");
      case INTEGER -> text.matches("-?\\d{1,18}");
      case NUMBER -> text.matches("-?\\d{1,18}(\\.\\d{1,18})?([eE][+-]?\\d{1,3})?");
      case STRING -> true;
      case DATA -> false;
    };
  }

  private static List<String> options(Entry entry, DataSchema.Type type) {
    Entry options = entry.get("enum");
    if (options.present() && type != DataSchema.Type.STRING) {
      options.error("'enum' is for type string");
    }
    return options.texts();
  }
}
