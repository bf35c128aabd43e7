package io.patchbay.coap;

import org.eclipse.californium.core.coap.Message;
import org.eclipse.californium.core.coap.MessageFormatException;
import org.eclipse.californium.core.network.serialization.MessageHeader;
import org.eclipse.californium.core.network.serialization.UdpDataParser;
import org.eclipse.californium.elements.util.DatagramReader;

/**
 * Californium's parser, whose every failure is that of a malformed message (RFC 7252, clause 3):
 * its own takes an Empty message with a payload for a bug.
 */
public final class CountingParser extends UdpDataParser {
  private final Runnable malformed;

  /**
   * @param malformed told of each datagram that is no CoAP message
   */
  public CountingParser(Runnable malformed) {
    this.malformed = malformed;
  }

  @Override
  protected MessageHeader parseHeader(DatagramReader datagram) {
    try {
      return super.parseHeader(datagram);
    } catch (RuntimeException e) {
      throw counted(e);
    }
  }

  @Override
  protected Message parseMessage(DatagramReader datagram, MessageHeader header, Message message) {
    try {
      return super.parseMessage(datagram, header, message);
    } catch (RuntimeException e) {
      throw counted(e);
    }
  }

  private RuntimeException counted(RuntimeException failure) {
    malformed.run();
    return failure instanceof MessageFormatException
        ? failure
        : new MessageFormatException(String.valueOf(failure.getMessage()));
  }
}
