package io.patchbay.binding.coap;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.californium.core.coap.MessageObserverAdapter;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.Exchange;

/** What {@code .well-known/core} says: the CoRE link format (RFC 6690). */
final class Links {
  private static final String RESOURCE_TYPE = "patchbay.uplink";

  private static final class Place {
    final Set<String> formats = new TreeSet<>();
    final Set<String> patterns = new TreeSet<>();
  }

  private Links() {}

  /**
   * A link leads to the literal beginning of what is listened to; its title says the whole.
   *
   * @param listened patterns with media types
   * @param others links besides
   * @param wanted the query's filters ({@code rt=patchbay.*}); a link must meet them all
   */
  static String of(Map<String, Set<String>> listened, List<Link> others, List<String> wanted) {
    Map<String, Place> places = new TreeMap<>();
    listened.forEach(
        (pattern, types) -> {
          Place place = places.computeIfAbsent(literal(pattern), path -> new Place());
          place.patterns.add(pattern);
          types.forEach(
              type ->
                  ContentFormats.number(type)
                      .ifPresent(number -> place.formats.add(Integer.toString(number))));
        });
    Stream<Link> own =
        places.entrySet().stream()
            .map(
                place ->
                    new Link(place.getKey(), Map.of())
                        .with("ct", String.join(" ", place.getValue().formats))
                        .with("rt", RESOURCE_TYPE)
                        .with("title", String.join(" ", place.getValue().patterns)));
    return Stream.concat(own, others.stream())
        .filter(link -> wanted.stream().allMatch(link::meets))
        .map(Link::toString)
        .collect(Collectors.joining(","));
  }

  /** What whoever sent this has, asked where he is. */
  static CompletionStage<String> asked(Exchange exchange) {
    CompletableFuture<String> links = new CompletableFuture<>();
    Request request = Request.newGet();
    request.getOptions().setUriPath(Ingest.DISCOVERY).setAccept(ContentFormats.LINKS);
    request.setDestinationContext(exchange.getRequest().getSourceContext());
    request.addMessageObserver(
        new MessageObserverAdapter() {
          @Override
          public void onResponse(Response response) {
            if (response.isSuccess()) {
              links.complete(response.getPayloadString());
            } else {
              links.completeExceptionally(new IOException("it answered " + response.getCode()));
            }
          }

          @Override
          protected void failed() {
            links.completeExceptionally(new IOException("it does not answer"));
          }
        });
    exchange.getEndpoint().sendRequest(request);
    return links;
  }

  private static String literal(String pattern) {
    StringBuilder path = new StringBuilder();
    for (String segment : pattern.split("/")) {
      if (segment.equals("+") || segment.equals("#") || segment.contains("{")) {
        break;
      }
      path.append('/').append(segment);
    }
    return path.isEmpty() ? "/" : path.toString();
  }
}
