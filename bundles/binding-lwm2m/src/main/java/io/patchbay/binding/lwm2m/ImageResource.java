package io.patchbay.binding.lwm2m;

import io.patchbay.southbound.FirmwareDownloads;
import io.patchbay.southbound.FirmwareImage;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.eclipse.californium.core.CoapExchange;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.MediaTypeRegistry;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.coap.option.BlockOption;
import org.eclipse.californium.core.coap.option.StringOption;
import org.eclipse.californium.core.server.resources.Resource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images that devices pull over CoAP, {@code /fw/TOKEN}, block by block (RFC 7959, clause 2.4): one
 * that broke off goes on where it was. No more of an image than a block is in memory.
 */
final class ImageResource extends CoapResource {
  static final String NAME = "fw";

  private static final Logger LOG = LoggerFactory.getLogger(ImageResource.class);

  /** 1,024 octets (RFC 7959, clause 2.2). */
  private static final int LARGEST_SZX = 6;

  private static final int ETAG = 8;
  private static final long COME_AGAIN = 5;

  private final Supplier<Optional<FirmwareDownloads>> downloads;

  ImageResource(Supplier<Optional<FirmwareDownloads>> downloads) {
    super(NAME, false);
    this.downloads = downloads;
  }

  /** Each token is one; nothing is told of them. */
  @Override
  public Resource getChild(String name) {
    return this;
  }

  @Override
  public void handleGET(CoapExchange exchange) {
    List<StringOption> path = exchange.getRequestOptions().getUriPath();
    FirmwareDownloads known = downloads.get().orElse(null);
    if (known == null) { // after a start; a device that hears 4.04 gives its update up
      exchange.setMaxAge(COME_AGAIN);
      exchange.respond(ResponseCode.SERVICE_UNAVAILABLE);
      return;
    }
    FirmwareImage image =
        path.size() == 2 ? known.find(path.get(1).getStringValue()).orElse(null) : null;
    if (image == null) {
      exchange.respond(ResponseCode.NOT_FOUND);
      return;
    }
    BlockOption wanted = exchange.getRequestOptions().getBlock2();
    int szx = wanted == null ? LARGEST_SZX : Math.min(LARGEST_SZX, wanted.getSzx());
    int size = BlockOption.szx2Size(szx);
    long from = wanted == null ? 0 : wanted.getOffset();
    if (from < 0 || from >= image.octets()) {
      exchange.respond(ResponseCode.BAD_OPTION, "the image has " + image.octets() + " octets");
      return;
    }
    try (InputStream in = image.content().open(from)) {
      byte[] block = in.readNBytes(size);
      Response response = new Response(ResponseCode.CONTENT);
      response.setPayload(block);
      response.getOptions().setContentFormat(MediaTypeRegistry.APPLICATION_OCTET_STREAM);
      response.getOptions().addETag(HexFormat.of().parseHex(image.sha256(), 0, 2 * ETAG));
      response.getOptions().setSize2(Math.toIntExact(image.octets()));
      response
          .getOptions()
          .setBlock2(szx, from + block.length < image.octets(), Math.toIntExact(from / size));
      exchange.respond(response);
    } catch (IOException | ArithmeticException e) {
      LOG.error("{} cannot be read", image, e);
      exchange.respond(ResponseCode.INTERNAL_SERVER_ERROR);
    }
  }
}
