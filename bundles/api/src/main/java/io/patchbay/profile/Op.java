package io.patchbay.profile;

import java.util.Arrays;
import java.util.Optional;

/** What a form is for (WoT Thing Description 1.1, clause 5.3.4.2). */
public enum Op {
  READ("readproperty"),
  WRITE("writeproperty"),
  OBSERVE("observeproperty"),
  INVOKE("invokeaction"),
  SUBSCRIBE("subscribeevent");

  private final String wot;

  Op(String wot) {
    this.wot = wot;
  }

  /** The word of the Thing Description. */
  public String wot() {
    return wot;
  }

  public static Optional<Op> ofWot(String word) {
    return Arrays.stream(values()).filter(op -> op.wot.equals(word)).findFirst();
  }
}
