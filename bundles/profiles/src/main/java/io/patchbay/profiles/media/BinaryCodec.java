package io.patchbay.profiles.media;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.southbound.DecodeException;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A binary record: fields one after the other, and then, when it has {@code blocks}, blocks that
 * begin with a tag, with or without a length of their own, up to the end.
 */
final class BinaryCodec implements PayloadCodec {
  private static final List<String> KNOWN = List.of("endian", "fields", "tag", "length", "blocks");

  /**
   * What a tag stands for.
   *
   * @param list the array that its fields become an element of; empty for the record itself
   */
  private record Block(String list, List<BinaryField> fields) {}

  private final List<BinaryField> fields;
  private final int tag;
  private final int length;
  private final Map<String, Block> blocks;

  private BinaryCodec(List<BinaryField> fields, int tag, int length, Map<String, Block> blocks) {
    this.fields = fields;
    this.tag = tag;
    this.length = length;
    this.blocks = blocks;
  }

  /**
   * @throws IllegalArgumentException naming what is wrong
   */
  static BinaryCodec of(JsonNode definition) {
    BinaryField.only("binary", definition, KNOWN);
    boolean big = BinaryField.big(definition, true);
    List<BinaryField> fields = BinaryField.all(definition.path("fields"), big);
    JsonNode blocks = definition.path("blocks");
    int tag = number(definition, "tag", 1, 8);
    if (blocks.isMissingNode() == definition.has("tag")) {
      throw new IllegalArgumentException("'tag' (octets of a tag) and 'blocks' go together");
    } else if (blocks.isMissingNode() && fields.isEmpty()) {
      throw new IllegalArgumentException("a binary codec needs 'fields', or 'tag' and 'blocks'");
    }
    return new BinaryCodec(
        fields, tag, number(definition, "length", 0, 2), blocks(blocks, tag, big));
  }

  private static int number(JsonNode definition, String name, int least, int most) {
    JsonNode given = definition.path(name);
    if (given.isMissingNode()) {
      return 0;
    } else if (!given.isIntegralNumber()
        || !given.canConvertToInt()
        || given.intValue() < least
        || given.intValue() > most) {
      throw new IllegalArgumentException(
          name + " must be a number of octets from " + least + " to " + most);
    }
    return given.intValue();
  }

  private static Map<String, Block> blocks(JsonNode definition, int tag, boolean big) {
    Map<String, Block> blocks = new HashMap<>();
    if (!definition.isMissingNode() && !definition.isObject()) {
      throw new IllegalArgumentException("blocks must be a mapping of tags: 0175: [fields]");
    }
    for (Map.Entry<String, JsonNode> entry : definition.properties()) {
      String key = entry.getKey().replace(" ", "").toLowerCase(Locale.ROOT);
      if (!key.matches("[0-9a-f]{" + 2 * tag + "}")) {
        throw new IllegalArgumentException(
            "the tag '" + entry.getKey() + "' must be " + 2 * tag + " hexadecimal digits, quoted");
      }
      JsonNode block = entry.getValue();
      if (block.isObject()) {
        BinaryField.only("block " + key, block, List.of("list", "fields"));
      }
      String list = block.path("list").asText("");
      List<BinaryField> fields =
          BinaryField.all(block.isObject() ? block.path("fields") : block, big);
      blocks.put(key, new Block(list, fields));
    }
    return blocks;
  }

  @Override
  public Unpacked unpack(byte[] octets, Envelope envelope) throws DecodeException {
    ObjectNode record = JsonNodeFactory.instance.objectNode();
    Octets from = new Octets(octets, 0, octets.length);
    for (BinaryField field : fields) {
      field.read(from, record);
    }
    return new Unpacked(
        record, Optional.ofNullable(blocks.isEmpty() ? null : blocks(from, record)));
  }

  /** Reads as far as it can; why not further. */
  private @Nullable String blocks(Octets from, ObjectNode record) {
    boolean any = false;
    while (from.left() > 0) {
      int at = from.at();
      try {
        String key = HexFormat.of().formatHex(from.take(tag));
        Octets inside = length == 0 ? from : from.inside((int) from.unsigned(length, true));
        Block block = blocks.get(key);
        if (block != null) {
          ObjectNode into =
              block.list().isEmpty() ? record : record.withArrayProperty(block.list()).addObject();
          for (BinaryField field : block.fields()) {
            field.read(inside, into);
          }
          any = true;
        } else if (length == 0) {
          return "octet " + at + ": the tag " + key + " is unknown; known: " + known();
        }
      } catch (DecodeException e) {
        return (any ? "" : "octet " + at + ": ") + e.detail();
      }
    }
    return null;
  }

  private String known() {
    return Json.shortened(String.join(", ", new TreeSet<>(blocks.keySet())), 120);
  }

  @Override
  public Packed pack(Map<String, Value> values) {
    if (!blocks.isEmpty()) {
      throw new IllegalArgumentException(
          "a codec with blocks cannot be sent by; give what is sent a codec of fields");
    }
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    for (BinaryField field : fields) {
      field.write(values, to);
    }
    return new Packed(Bytes.wrap(to.toByteArray()), 0);
  }
}
