package io.patchbay.camel.mqtt;

import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Message;

/** A topic to publish to; {@code {name}} in it stands for the message's header of that name. */
final class TopicOfMessage {
  /** Texts and, after each but the last, the name of a header. */
  private final List<String> texts = new ArrayList<>();

  private final List<String> headers = new ArrayList<>();

  private TopicOfMessage() {}

  /**
   * @throws IllegalArgumentException for a brace without its other
   */
  static TopicOfMessage parse(String text) {
    TopicOfMessage topic = new TopicOfMessage();
    int at = 0;
    for (int open = text.indexOf('{'); open >= 0; open = text.indexOf('{', at)) {
      int close = text.indexOf('}', open);
      if (close < 0) {
        throw new IllegalArgumentException("topic '" + text + "': '{' without '}'");
      }
      topic.texts.add(text.substring(at, open));
      topic.headers.add(text.substring(open + 1, close));
      at = close + 1;
    }
    topic.texts.add(text.substring(at));
    return topic;
  }

  /**
   * The topic of a message.
   *
   * @throws IllegalArgumentException naming the header that is missing
   */
  String of(Message message) {
    if (headers.isEmpty()) {
      return texts.get(0);
    }
    StringBuilder filled = new StringBuilder(texts.get(0));
    for (int i = 0; i < headers.size(); i++) {
      String value = message.getHeader(headers.get(i), String.class);
      if (value == null) {
        throw new IllegalArgumentException(
            "the topic needs the header '" + headers.get(i) + "', which the message does not have");
      }
      filled.append(value).append(texts.get(i + 1));
    }
    return filled.toString();
  }
}
