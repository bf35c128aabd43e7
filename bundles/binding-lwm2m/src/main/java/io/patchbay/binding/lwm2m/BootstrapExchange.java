package io.patchbay.binding.lwm2m;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.MediaTypeRegistry;
import org.eclipse.californium.core.coap.MessageObserver;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.Endpoint;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.leshan.core.LwM2mId;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mEncoder;
import org.eclipse.leshan.core.request.ContentFormat;
import org.jspecify.annotations.Nullable;

/**
 * What one device is told when it has asked for its account (LwM2M 1.1, clause 6.1.7): the accounts
 * it had are deleted, the hub's is written, it is finished. One request is on its way at a time.
 * Everything happens on the thread of the endpoint.
 */
final class BootstrapExchange {
  private static final int SECURITY = LwM2mId.SECURITY;
  private static final int SERVER = LwM2mId.SERVER;

  /** Of object 0, 0/x/2: a key in common. */
  private static final int MODE_PSK = 0;

  private static final int SHORT_SERVER_ID = 1;

  /** Instances that a device is said to have, of which the hub takes a free one. */
  private static final Pattern INSTANCE = Pattern.compile("</0/(\\d{1,5})>");

  private static final int MOST_INSTANCES = 65_534;

  /**
   * @param uri where the device registers, {@code coaps://HOST:PORT}
   * @param key without the {@code hex:}
   * @param lifetime in seconds
   */
  record Account(String uri, String identity, String key, long lifetime, String binding) {
    @Override
    public String toString() {
      return uri + " as " + identity;
    }
  }

  /** A device does not do what it was asked. */
  static final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private FailedException(String message) {
      super(message);
    }
  }

  private final Endpoint endpoint;
  private final EndpointContext device;
  private final ContentFormat format;
  private final LwM2mModel model;
  private final DefaultLwM2mEncoder encoder = new DefaultLwM2mEncoder();
  private @Nullable Request asked;
  private boolean ended;

  BootstrapExchange(
      Endpoint endpoint, EndpointContext device, ContentFormat format, LwM2mModel model) {
    this.endpoint = endpoint;
    this.device = device;
    this.format = format;
    this.model = model;
  }

  /** Completes when the device says that it has it; fails in words when not. */
  CompletionStage<?> give(Account account) {
    return ask(Request.newDelete(), "/1", null)
        .thenCompose(done -> ask(Request.newDelete(), "/0", null))
        .thenCompose(done -> ask(links(), "/0", null))
        .thenCompose(
            left -> {
              LwM2mPath path = new LwM2mPath(SECURITY, free(left));
              return ask(Request.newPut(), path.toString(), security(path, account));
            })
        .thenCompose(done -> ask(Request.newPut(), "/1/0", server(account)))
        .thenCompose(done -> ask(Request.newPost(), "/bs", null));
  }

  private static Request links() {
    Request discover = Request.newGet();
    discover.getOptions().setAccept(MediaTypeRegistry.APPLICATION_LINK_FORMAT);
    return discover;
  }

  /** The account with which it came is left; a device that does not say where has it in 0/0. */
  private static int free(Response left) {
    Set<Integer> taken =
        INSTANCE
            .matcher(left.getCode() == ResponseCode.CONTENT ? left.getPayloadString() : "")
            .results()
            .map((MatchResult found) -> Integer.valueOf(found.group(1)))
            .collect(Collectors.toSet());
    int free = taken.isEmpty() ? 1 : 0;
    while (taken.contains(free) && free < MOST_INSTANCES) {
      free++;
    }
    return free;
  }

  private byte[] security(LwM2mPath path, Account account) {
    return encoded(
        path,
        LwM2mSingleResource.newStringResource(0, account.uri()),
        LwM2mSingleResource.newBooleanResource(1, false),
        LwM2mSingleResource.newIntegerResource(2, MODE_PSK),
        LwM2mSingleResource.newBinaryResource(
            3, account.identity().getBytes(StandardCharsets.UTF_8)),
        LwM2mSingleResource.newBinaryResource(4, new byte[0]),
        LwM2mSingleResource.newBinaryResource(5, HexFormat.of().parseHex(account.key())),
        LwM2mSingleResource.newIntegerResource(10, SHORT_SERVER_ID));
  }

  private byte[] server(Account account) {
    return encoded(
        new LwM2mPath(SERVER, 0),
        LwM2mSingleResource.newIntegerResource(0, SHORT_SERVER_ID),
        LwM2mSingleResource.newIntegerResource(1, account.lifetime()),
        LwM2mSingleResource.newBooleanResource(6, true), // keeps notifications while offline
        LwM2mSingleResource.newStringResource(7, account.binding()));
  }

  private byte[] encoded(LwM2mPath path, LwM2mResource... resources) {
    return encoder.encode(
        new LwM2mObjectInstance(path.getObjectInstanceId(), resources), format, null, path, model);
  }

  /** A device need not be able to tell what is left, nor have what is to be deleted. */
  private static boolean fine(Request request, ResponseCode code) {
    return switch (request.getCode()) {
      case GET -> true;
      case DELETE -> code == ResponseCode.DELETED || code == ResponseCode.NOT_FOUND;
      default -> code == ResponseCode.CHANGED;
    };
  }

  private CompletionStage<Response> ask(Request request, String path, byte @Nullable [] payload) {
    CompletableFuture<Response> answer = new CompletableFuture<>();
    if (ended) {
      answer.completeExceptionally(new FailedException("it began anew"));
      return answer;
    }
    String words = request.getCode() + " " + path;
    request.setConfirmable(true);
    request.setDestinationContext(device);
    for (String part : List.of(path.substring(1).split("/", -1))) {
      request.getOptions().addUriPath(part);
    }
    if (payload != null) {
      request.setPayload(payload);
      request.getOptions().setContentFormat(format.getCode());
    }
    request.addMessageObserver(
        new MessageObserver() {
          @Override
          public void onResponse(Response response) {
            if (fine(request, response.getCode())) {
              var unused = answer.complete(response);
            } else {
              failed("it answered " + response.getCode() + ": " + response.getPayloadString());
            }
          }

          @Override
          public void onReject() {
            failed("it refused the message");
          }

          @Override
          public void onTimeout() {
            failed("it did not answer");
          }

          @Override
          public void onCancel() {
            failed("it began anew, or took too long");
          }

          @Override
          public void onSendError(Throwable error) {
            failed("it cannot be reached (" + error.getMessage() + ")");
          }

          @Override
          public void onResponseHandlingError(Throwable error) {
            failed("its answer cannot be read (" + error.getMessage() + ")");
          }

          private void failed(String why) {
            var unused = answer.completeExceptionally(new FailedException(words + ": " + why));
          }
        });
    asked = request;
    endpoint.sendRequest(request);
    return answer;
  }

  /** Nobody waits for it any more. */
  void end() {
    ended = true;
    Request last = asked;
    if (last != null) {
      last.cancel();
    }
  }
}
