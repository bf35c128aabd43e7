package io.patchbay.itests.bench;

import java.util.concurrent.CountDownLatch;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants;
import org.apache.camel.impl.DefaultCamelContext;

/** What one gets with Camel as it comes: camel-paho-mqtt5 on both sides and a processor between. */
final class PlainCamel {
  private PlainCamel() {}

  /**
   * @param arguments port of the broker, QoS on both sides
   */
  public static void main(String[] arguments) throws Exception {
    String broker = "?qos=" + arguments[1] + "&brokerUrl=tcp://127.0.0.1:" + arguments[0];
    try (DefaultCamelContext context = new DefaultCamelContext()) {
      context.addRoutes(
          new RouteBuilder() {
            @Override
            public void configure() {
              from("paho-mqtt5:" + Fleet.FILTER + broker + "&clientId=bench-camel-in")
                  .process(PlainCamel::convert)
                  .to("paho-mqtt5:bench" + broker + "&clientId=bench-camel-out");
            }
          });
      context.start();
      System.out.println("ready");
      new CountDownLatch(1).await();
    }
  }

  private static void convert(Exchange exchange) throws Exception {
    String topic = exchange.getIn().getHeader(PahoMqtt5Constants.MQTT_TOPIC, String.class);
    int device = HiveRelay.Relaying.device(topic);
    byte[] out =
        HiveRelay.Relaying.convert(device, exchange.getIn().getMandatoryBody(byte[].class));
    exchange.getIn().setBody(out);
    exchange.getIn().setHeader(PahoMqtt5Constants.CAMEL_PAHO_OVERRIDE_TOPIC, Fleet.north(device));
  }
}
