package io.patchbay.binding.lwm2m;

import io.patchbay.southbound.Wire;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.leshan.core.LwM2m.LwM2mVersion;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.codec.CodecException;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mDecoder;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveCompositeRequest;
import org.eclipse.leshan.core.request.ReadCompositeRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteCompositeRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.registration.Registration;

/** The step from a command's form to the request that the device understands. */
final class Messages {
  /** Term of a form: what is done at its path, where that is not plain. */
  private static final String METHOD = "method";

  /** Term of a form that writes: {@code partial} leaves alone what is not named. */
  private static final String WRITE = "write";

  /** In the order of preference; a resource in TLV is what the oldest devices know. */
  private static final List<ContentFormat> WRITTEN =
      List.of(
          ContentFormat.SENML_CBOR,
          ContentFormat.TLV,
          ContentFormat.SENML_JSON,
          ContentFormat.JSON,
          ContentFormat.TEXT);

  private final ModelFiles models;
  private final DefaultLwM2mDecoder decoder = new DefaultLwM2mDecoder();

  Messages(ModelFiles models) {
    this.models = models;
  }

  /**
   * @throws CodecException when what shall be written is not what the definition says
   * @throws IllegalArgumentException when the form does not fit the command
   */
  DownlinkDeviceManagementRequest<? extends LwM2mResponse> of(
      Command command, Registration registration, LwM2mPath path, Wire wire) throws CodecException {
    byte[] payload = wire.payload().map(Bytes::toArray).orElse(new byte[0]);
    String method = wire.terms().getOrDefault(METHOD, "");
    if (command instanceof Command.Read) {
      return method.equals("discover") ? new DiscoverRequest(path.toString()) : read(path);
    } else if (command instanceof Command.Write) {
      return write(registration, path, payload, wire.terms().getOrDefault(WRITE, ""));
    }
    String arguments = new String(payload, StandardCharsets.UTF_8);
    return switch (method) {
      case "create" -> create(registration, path, payload);
      case "delete" ->
          new DeleteRequest(
              arguments.isEmpty() ? path : path.append(Integer.valueOf(arguments.strip())));
      default ->
          arguments.isEmpty()
              ? new ExecuteRequest(path.toString())
              : new ExecuteRequest(path.toString(), arguments);
    };
  }

  /** LwM2M 1.0 knows no instance of a resource: all of them are read, and the one is taken. */
  private static ReadRequest read(LwM2mPath path) {
    return new ReadRequest(null, path.isResourceInstance() ? path.toResourcePath() : path, null);
  }

  private DownlinkDeviceManagementRequest<? extends LwM2mResponse> write(
      Registration registration, LwM2mPath path, byte[] payload, String how) throws CodecException {
    if (path.isRoot()) {
      Map<LwM2mPath, LwM2mNode> nodes =
          decoder.decodeNodes(payload, ContentFormat.SENML_JSON, null, null, models.model());
      return new WriteCompositeRequest(composite(registration), nodes, null);
    }
    LwM2mNode node = decoder.decode(payload, ContentFormat.SENML_JSON, null, path, models.model());
    WriteRequest.Mode mode =
        how.equals("partial") ? WriteRequest.Mode.UPDATE : WriteRequest.Mode.REPLACE;
    return new WriteRequest(mode, format(registration, node), path, node);
  }

  /** Of an object: instances named in SenML, {@code [{"bn":"/3311/1/","n":"5850","vb":true}]}. */
  private CreateRequest create(Registration registration, LwM2mPath path, byte[] payload)
      throws CodecException {
    LwM2mNode node = decoder.decode(payload, ContentFormat.SENML_JSON, null, path, models.model());
    if (!(node instanceof LwM2mObject object)) {
      throw new IllegalArgumentException(
          "instances are created of an object, /3311, and not of " + path);
    }
    return new CreateRequest(
        format(registration, node),
        path.getObjectId(),
        object.getInstances().values().toArray(LwM2mObjectInstance[]::new));
  }

  /** One that the device offers. */
  private static ContentFormat format(Registration registration, LwM2mNode node) {
    Set<ContentFormat> offered = registration.getSupportedContentFormats();
    for (ContentFormat format : WRITTEN) {
      boolean fits = !format.equals(ContentFormat.TEXT) || node instanceof LwM2mResource;
      if (fits && offered.contains(format)) {
        return format;
      }
    }
    return ContentFormat.TLV;
  }

  private static ContentFormat composite(Registration registration) {
    return registration.getSupportedContentFormats().contains(ContentFormat.SENML_CBOR)
        ? ContentFormat.SENML_CBOR
        : ContentFormat.SENML_JSON;
  }

  /** Whether several resources can be read with one request (LwM2M 1.1, clause 6.3.9). */
  static boolean knowsComposite(Registration registration) {
    Set<ContentFormat> offered = registration.getSupportedContentFormats();
    return registration.getLwM2mVersion().compareTo(LwM2mVersion.V1_1) >= 0
        && (offered.contains(ContentFormat.SENML_CBOR)
            || offered.contains(ContentFormat.SENML_JSON));
  }

  static ReadCompositeRequest readAll(Registration registration, List<LwM2mPath> paths) {
    ContentFormat format = composite(registration);
    return new ReadCompositeRequest(paths, format, format, null);
  }

  /**
   * @param context what the observation is kept with
   */
  static ObserveCompositeRequest observeAll(
      Registration registration, List<LwM2mPath> paths, Map<String, String> context) {
    ContentFormat format = composite(registration);
    return new ObserveCompositeRequest(format, format, paths) {
      @Override
      public Map<String, String> getContext() {
        return context;
      }
    };
  }
}
