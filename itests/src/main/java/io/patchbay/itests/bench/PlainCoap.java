package io.patchbay.itests.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import org.eclipse.californium.core.CoapExchange;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.server.resources.Resource;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;

/** The floor of the hub's CoAP: a bare Californium server that parses SenML and keeps nothing. */
public final class PlainCoap {
  private PlainCoap() {}

  /** Serves {@code senml/…} until it is killed. */
  public static void main(String[] words) throws Exception {
    CoapConfig.register();
    UdpConfig.register();
    // what Californium keeps of each request for 247 s is more than this process may have
    Configuration configuration =
        new Configuration()
            .set(CoapConfig.DEDUPLICATOR, CoapConfig.DEDUPLICATOR_PEERS_MARK_AND_SWEEP);
    CoapServer server = new CoapServer(configuration);
    server.addEndpoint(
        CoapEndpoint.builder()
            .setConfiguration(configuration)
            .setInetSocketAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(words[0])))
            .build());
    server.add(new Parsing());
    server.start();
    System.out.println("ready");
    new CountDownLatch(1).await();
  }

  private static final class Parsing extends CoapResource {
    private final ObjectMapper json = new ObjectMapper();

    Parsing() {
      super("senml");
    }

    @Override
    public Resource getChild(String name) {
      return this;
    }

    @Override
    public void handlePOST(CoapExchange exchange) {
      try {
        JsonNode records = json.readTree(exchange.getRequestPayload());
        boolean value = records.isArray() && records.get(0).get("v").isNumber();
        exchange.respond(value ? ResponseCode.CHANGED : ResponseCode.BAD_REQUEST);
      } catch (IOException e) {
        exchange.respond(ResponseCode.BAD_REQUEST);
      }
    }
  }
}
