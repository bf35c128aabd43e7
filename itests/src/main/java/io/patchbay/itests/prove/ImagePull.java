package io.patchbay.itests.prove;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.coap.option.BlockOption;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.Connector;
import org.eclipse.californium.elements.UDPConnector;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConfig.DtlsRole;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.pskstore.SinglePskStore;

/** How a device pulls an image; it goes on behind what it has already. */
@FunctionalInterface
interface ImagePull {
  /** There is no such image. */
  final class NoneException extends IOException {
    private static final long serialVersionUID = 1;

    private NoneException(String answer) {
      super(answer);
    }
  }

  /**
   * Returns when it has all of the image, or as much of it as it shall have.
   *
   * @param flash what it has, and is added to
   * @param most octets, after which the power goes
   * @throws IOException when it breaks off
   */
  void pull(URI from, ByteArrayOutputStream flash, int most)
      throws IOException, InterruptedException;

  /** Over HTTP, with ranges (RFC 9110, clause 14.2). */
  static ImagePull http() {
    return new ImagePull() {
      private String tag = "";

      @Override
      public void pull(URI from, ByteArrayOutputStream flash, int most) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) from.toURL().openConnection();
        connection.setConnectTimeout(LIMIT);
        connection.setReadTimeout(LIMIT);
        if (flash.size() > 0) {
          connection.setRequestProperty("Range", "bytes=" + flash.size() + "-");
          connection.setRequestProperty("If-Range", tag);
        }
        int status = connection.getResponseCode();
        if (status == HttpURLConnection.HTTP_NOT_FOUND) {
          throw new NoneException("404");
        } else if (status == HttpURLConnection.HTTP_OK) {
          flash.reset();
        } else if (status != HttpURLConnection.HTTP_PARTIAL) {
          throw new IOException("answered with " + status);
        }
        tag = String.valueOf(connection.getHeaderField("ETag"));
        long left = connection.getContentLengthLong();
        byte[] buffer = new byte[BLOCK];
        try (InputStream in = connection.getInputStream()) {
          while (left > 0 && flash.size() < most) {
            int read = in.read(buffer);
            if (read < 0) {
              throw new IOException("broke off");
            }
            flash.write(buffer, 0, read);
            left -= read;
          }
        } finally {
          connection.disconnect();
        }
      }
    };
  }

  /** Over CoAP, block by block (RFC 7959, clause 2.4). */
  static ImagePull coap() {
    return new Blocks(UDPConnector::new);
  }

  /** The same over DTLS, in a session of its own. */
  static ImagePull coaps(String identity, byte[] key) {
    return new Blocks(
        (address, configuration) ->
            new DTLSConnector(
                DtlsConnectorConfig.builder(
                        configuration
                            .set(DtlsConfig.DTLS_ROLE, DtlsRole.CLIENT_ONLY)
                            .set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1)
                            .set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1))
                    .setPskStore(new SinglePskStore(identity, key))
                    .build()));
  }

  int BLOCK = 1_024;
  int LIMIT = 15_000;

  /** Of CoAP. */
  final class Blocks implements ImagePull {
    private static final int SZX = BlockOption.size2Szx(BLOCK);

    /** Opens what carries the requests. */
    private interface Wire {
      Connector open(InetSocketAddress address, Configuration configuration);
    }

    private final Wire wire;
    private byte[] tag = {};

    private Blocks(Wire wire) {
      this.wire = wire;
    }

    @Override
    public void pull(URI from, ByteArrayOutputStream flash, int most)
        throws IOException, InterruptedException {
      Configuration configuration =
          Configuration.createStandardWithoutFile()
              .set(CoapConfig.MAX_RESOURCE_BODY_SIZE, 0) // each block is asked for here
              .set(CoapConfig.PROTOCOL_STAGE_THREAD_COUNT, 1);
      CoapEndpoint endpoint =
          CoapEndpoint.builder()
              .setConfiguration(configuration)
              .setConnector(
                  wire.open(
                      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), configuration))
              .build();
      endpoint.start();
      try {
        boolean more = true;
        while (more && flash.size() < most) {
          more = block(endpoint, from, flash);
        }
      } finally {
        endpoint.destroy();
      }
    }

    private boolean block(CoapEndpoint endpoint, URI from, ByteArrayOutputStream flash)
        throws IOException, InterruptedException {
      int number = flash.size() / BLOCK;
      Request request = Request.newGet();
      request.setURI(from);
      request.getOptions().setBlock2(SZX, false, number);
      Response response = request.send(endpoint).waitForResponse(LIMIT);
      if (response == null) {
        throw new IOException("no answer: " + request.getSendError());
      } else if (response.getCode() == ResponseCode.NOT_FOUND) {
        throw new NoneException("4.04");
      } else if (response.getCode() != ResponseCode.CONTENT) {
        throw new IOException("answered with " + response.getCode());
      }
      BlockOption block = response.getOptions().getBlock2();
      byte[] now = response.getOptions().getResponseEtag();
      if (block == null || block.getNum() != number) {
        throw new IOException("another block than number " + number);
      } else if (number > 0 && !Arrays.equals(now, tag)) {
        flash.reset();
        throw new IOException("another image");
      }
      tag = now;
      flash.writeBytes(response.getPayload());
      return block.isM();
    }
  }
}
