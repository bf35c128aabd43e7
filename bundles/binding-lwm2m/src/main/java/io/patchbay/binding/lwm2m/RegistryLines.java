package io.patchbay.binding.lwm2m;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.core.LwM2m.LwM2mVersion;
import org.eclipse.leshan.core.endpoint.EndpointUri;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.LinkParseException;
import org.eclipse.leshan.core.link.lwm2m.DefaultLwM2mLinkParser;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.ObservationIdentifier;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.peer.IpPeer;
import org.eclipse.leshan.core.peer.LwM2mIdentity;
import org.eclipse.leshan.core.peer.PskIdentity;
import org.eclipse.leshan.core.peer.RpkIdentity;
import org.eclipse.leshan.core.peer.SocketIdentity;
import org.eclipse.leshan.core.peer.X509Identity;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.server.registration.DefaultRegistrationDataExtractor;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationDataExtractor.RegistrationData;
import org.jspecify.annotations.Nullable;

/** Registrations and observations as lines of JSON, and back. */
@SuppressWarnings("JavaUtilDate") // Leshan's times are such
final class RegistryLines {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HexFormat HEX = HexFormat.of();

  private final DefaultLwM2mLinkParser links = new DefaultLwM2mLinkParser();
  private final DefaultLinkSerializer serializer = new DefaultLinkSerializer();
  private final DefaultRegistrationDataExtractor extractor = new DefaultRegistrationDataExtractor();

  /** Somebody who puts lines together again. */
  interface Reader {
    void registered(Registration registration);

    void deregistered(String registrationId);

    /** A device was asked to notify; it may have heard it. */
    void asked(Observation observation);

    /** It said that it will. */
    void answered(ObservationIdentifier id);

    void observed(Observation observation);

    void cancelled(ObservationIdentifier id);

    void unit(String endpoint, String instance, String unit);
  }

  String registered(Registration one) {
    IpPeer peer = (IpPeer) one.getClientTransportData();
    InetSocketAddress address = peer.getSocketAddress();
    ObjectNode line = JSON.createObjectNode();
    line.put("is", "registered");
    line.put("id", one.getId());
    line.put("endpoint", one.getEndpoint());
    put(line, one.getEndpointUri());
    line.put("address", address.getAddress().getHostAddress());
    line.put("port", address.getPort());
    if (peer.getIdentity() instanceof PskIdentity psk) {
      line.put("psk", psk.getPskIdentity());
    } else if (peer.getIdentity() instanceof RpkIdentity rpk) {
      line.put("rpk", Base64.getEncoder().encodeToString(rpk.getPublicKey().getEncoded()));
    } else if (peer.getIdentity() instanceof X509Identity x509) {
      line.put("x509", x509.getX509CommonName());
    }
    line.put("since", one.getRegistrationDate().getTime());
    line.put("updated", one.getLastUpdate().getTime());
    line.put("lifetime", one.getLifeTimeInSec());
    line.put("version", one.getLwM2mVersion().toString());
    line.put("binding", BindingMode.toString(one.getBindingMode()));
    line.put("queue", one.usesQueueMode());
    line.put("links", serializer.serializeCoreLinkFormat(one.getObjectLinks()));
    one.getCustomRegistrationData().forEach(line.putObject("custom")::put);
    return line.toString();
  }

  String deregistered(String registrationId) {
    ObjectNode line = JSON.createObjectNode();
    return line.put("is", "deregistered").put("id", registrationId).toString();
  }

  String asked(Observation one) {
    return line("asked", one);
  }

  String answered(ObservationIdentifier id) {
    return line("answered", id);
  }

  String observed(Observation one) {
    return line("observed", one);
  }

  private static String line(String is, Observation one) {
    ObjectNode line = JSON.createObjectNode();
    line.put("is", is);
    put(line, one.getId());
    line.put("registration", one.getRegistrationId());
    if (one instanceof SingleObservation single) {
      line.put("path", single.getPath().toString());
      put(line, "format", single.getContentFormat());
    } else if (one instanceof CompositeObservation together) {
      ArrayNode paths = line.putArray("paths");
      together.getPaths().forEach(path -> paths.add(path.toString()));
      put(line, "asked", together.getRequestContentFormat());
      put(line, "format", together.getResponseContentFormat());
    }
    one.getContext().forEach(line.putObject("context")::put);
    one.getProtocolData().forEach(line.putObject("request")::put);
    return line.toString();
  }

  private static void put(ObjectNode line, String name, @Nullable ContentFormat format) {
    if (format != null) {
      line.put(name, format.getCode());
    }
  }

  String cancelled(ObservationIdentifier id) {
    return line("cancelled", id);
  }

  private static String line(String is, ObservationIdentifier id) {
    ObjectNode line = JSON.createObjectNode();
    line.put("is", is);
    put(line, id);
    return line.toString();
  }

  String unit(String endpoint, String instance, String unit) {
    ObjectNode line = JSON.createObjectNode();
    line.put("is", "unit").put("endpoint", endpoint).put("instance", instance).put("unit", unit);
    return line.toString();
  }

  private static void put(ObjectNode line, ObservationIdentifier id) {
    put(line, id.getEndpointUri());
    line.put("token", HEX.formatHex(id.getBytes()));
  }

  private static void put(ObjectNode line, EndpointUri uri) {
    line.put("at", uri.getScheme());
  }

  /**
   * @throws IllegalArgumentException when the line is not one of these
   */
  void read(String text, Reader reader) {
    JsonNode line;
    try {
      line = JSON.readTree(text);
      switch (word(line, "is")) {
        case "registered" -> reader.registered(registration(line));
        case "deregistered" -> reader.deregistered(word(line, "id"));
        case "asked" -> reader.asked(observation(line));
        case "answered" -> reader.answered(id(line));
        case "observed" -> reader.observed(observation(line));
        case "cancelled" -> reader.cancelled(id(line));
        case "unit" ->
            reader.unit(word(line, "endpoint"), word(line, "instance"), word(line, "unit"));
        default -> throw new IllegalArgumentException("it is " + line.get("is"));
      }
    } catch (JsonProcessingException | LinkParseException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static String word(JsonNode line, String name) {
    JsonNode word = line.get(name);
    if (word == null || !word.isTextual()) {
      throw new IllegalArgumentException("'" + name + "' is missing");
    }
    return word.textValue();
  }

  private static long number(JsonNode line, String name) {
    JsonNode number = line.get(name);
    if (number == null || !number.canConvertToLong()) {
      throw new IllegalArgumentException("'" + name + "' is missing");
    }
    return number.longValue();
  }

  private static Map<String, String> words(JsonNode line, String name) {
    Map<String, String> words = new HashMap<>();
    JsonNode node = line.get(name);
    if (node != null) {
      node.properties().forEach(field -> words.put(field.getKey(), field.getValue().asText()));
    }
    return words;
  }

  private static EndpointUri uri(JsonNode line) {
    return LogicalUris.of(word(line, "at"));
  }

  private static ObservationIdentifier id(JsonNode line) {
    return new ObservationIdentifier(uri(line), HEX.parseHex(word(line, "token")));
  }

  private Registration registration(JsonNode line) throws LinkParseException {
    InetSocketAddress address =
        new InetSocketAddress(word(line, "address"), (int) number(line, "port"));
    IpPeer peer = new IpPeer(address, identity(line, address));
    LwM2mVersion version = LwM2mVersion.get(word(line, "version"));
    Link[] objects =
        links.parseCoreLinkFormat(word(line, "links").getBytes(StandardCharsets.UTF_8));
    RegistrationData data = extractor.extractDataFromObjectLinks(objects, version);
    boolean queue = line.path("queue").asBoolean();
    EnumSet<BindingMode> binding = BindingMode.parse(word(line, "binding"));
    return new Registration.Builder(word(line, "id"), word(line, "endpoint"), peer, uri(line))
        .registrationDate(new Date(number(line, "since")))
        .lastUpdate(new Date(number(line, "updated")))
        .lifeTimeInSec(number(line, "lifetime"))
        .lwM2mVersion(version)
        .bindingMode(binding)
        .queueMode(queue)
        .objectLinks(objects)
        .rootPath(data.getAlternatePath())
        .supportedContentFormats(data.getSupportedContentFormats())
        .supportedObjects(data.getSupportedObjects())
        .availableInstances(data.getAvailableInstances())
        .customRegistrationData(words(line, "custom"))
        .build();
  }

  private static LwM2mIdentity identity(JsonNode line, InetSocketAddress address) {
    if (line.has("psk")) {
      return new PskIdentity(word(line, "psk"));
    } else if (line.has("x509")) {
      return new X509Identity(word(line, "x509"));
    } else if (!line.has("rpk")) {
      return new SocketIdentity(address);
    }
    try {
      return new RpkIdentity(
          KeyFactory.getInstance("EC")
              .generatePublic(
                  new X509EncodedKeySpec(Base64.getDecoder().decode(word(line, "rpk")))));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("'rpk' is no public key", e);
    }
  }

  private static Observation observation(JsonNode line) {
    Map<String, String> context = words(line, "context");
    Map<String, String> request = words(line, "request");
    if (!line.has("paths")) {
      return new SingleObservation(
          id(line),
          word(line, "registration"),
          new LwM2mPath(word(line, "path")),
          format(line, "format"),
          context,
          request);
    }
    List<LwM2mPath> paths = new ArrayList<>();
    line.get("paths").forEach(path -> paths.add(new LwM2mPath(path.asText())));
    return new CompositeObservation(
        id(line),
        word(line, "registration"),
        paths,
        format(line, "asked"),
        format(line, "format"),
        context,
        request);
  }

  private static @Nullable ContentFormat format(JsonNode line, String name) {
    return line.has(name) ? ContentFormat.fromCode((int) number(line, name)) : null;
  }
}
