package io.patchbay.binding.coap;

import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import java.time.Duration;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Response;

/** What a device is told, by what became of its frame. */
final class Replies {
  /** Diagnostics are for one datagram (RFC 7252, clause 5.5.2). */
  private static final int LONGEST_DIAGNOSTIC = 250;

  private Replies() {}

  static Response of(Receipt receipt) {
    if (receipt instanceof Receipt.Busy busy) {
      return busy(busy.retryAfter(), "the hub has no room now; send it again");
    } else if (receipt instanceof Receipt.Rejected rejected) {
      return refused(code(rejected.reason()), rejected.reason() + ": " + rejected.detail());
    }
    return new Response(ResponseCode.CHANGED);
  }

  private static ResponseCode code(Rejection reason) {
    return switch (reason) {
      case UNKNOWN_ADDRESS -> ResponseCode.NOT_FOUND;
      case UNKNOWN_THING, NOT_ADMITTED -> ResponseCode.FORBIDDEN;
      case TOO_LARGE -> ResponseCode.REQUEST_ENTITY_TOO_LARGE;
      case INTERNAL -> ResponseCode.INTERNAL_SERVER_ERROR;
      case UNDECODABLE, WRONG_TYPE, OUT_OF_RANGE, BAD_TIME, NOTHING_KNOWN, OVERRUN ->
          ResponseCode.BAD_REQUEST;
    };
  }

  /** Service Unavailable; Max-Age says when to try again (RFC 7252, clause 5.9.3.4). */
  static Response busy(Duration retryAfter, String detail) {
    Response response = refused(ResponseCode.SERVICE_UNAVAILABLE, detail);
    response.getOptions().setMaxAge(Math.max(1, (retryAfter.toMillis() + 999) / 1000));
    return response;
  }

  static Response refused(Access.Refusal refusal) {
    return refused(
        refusal.known() ? ResponseCode.FORBIDDEN : ResponseCode.UNAUTHORIZED, refusal.detail());
  }

  static Response refused(ResponseCode code, String detail) {
    Response response = new Response(code);
    response.setPayload(
        detail.length() <= LONGEST_DIAGNOSTIC ? detail : detail.substring(0, LONGEST_DIAGNOSTIC));
    return response;
  }
}
