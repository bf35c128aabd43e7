package org.mozilla.javascript;

import java.io.Serial;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Two texts that a script has joined, as the engine expects them: laid out one after the other when
 * somebody looks inside. Joining is where a script makes a text of any size in a few steps, so it
 * is bounded here, which the engine's own class is not.
 */
public final class ConsString implements CharSequence {
  /** Characters that a joined text may have. */
  public static final int LONGEST = 1 << 18;

  /** A text that would be too long. An error, so that no script can catch it. */
  public static final class TooLong extends Error {
    @Serial private static final long serialVersionUID = 1L;

    TooLong() {
      super("a text of more than " + LONGEST + " characters", null, false, false);
    }
  }

  private CharSequence left;
  private CharSequence right;
  private final int length;
  private boolean laidOut;

  /** What the engine makes of {@code left + right}. */
  public ConsString(CharSequence left, CharSequence right) {
    this.left = plain(left);
    this.right = plain(right);
    if ((long) left.length() + right.length() > LONGEST) {
      throw new TooLong();
    }
    length = left.length() + right.length();
  }

  private static CharSequence plain(CharSequence text) {
    return text instanceof String || text instanceof ConsString ? text : text.toString();
  }

  @Override
  public synchronized String toString() {
    if (!laidOut) {
      StringBuilder text = new StringBuilder(length);
      Deque<CharSequence> rest = new ArrayDeque<>();
      rest.push(right);
      rest.push(left);
      while (!rest.isEmpty()) {
        CharSequence next = rest.pop();
        if (next instanceof ConsString joined && !joined.laidOut) {
          rest.push(joined.right);
          rest.push(joined.left);
        } else {
          text.append(next instanceof ConsString joined ? joined.left : next);
        }
      }
      left = text.toString();
      right = "";
      laidOut = true;
    }
    return (String) left;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public char charAt(int index) {
    return toString().charAt(index);
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return toString().substring(start, end);
  }
}
