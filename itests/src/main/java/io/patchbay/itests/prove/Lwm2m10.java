package io.patchbay.itests.prove;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.engine.RegistrationEngineFactory;
import org.eclipse.leshan.client.request.UplinkRequestSender;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.client.util.LinkFormatHelper;
import org.eclipse.leshan.core.LwM2m.LwM2mVersion;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mDecoder;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mEncoder;
import org.eclipse.leshan.core.node.codec.LwM2mValueChecker;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UplinkRequest;
import org.eclipse.leshan.core.response.ErrorCallback;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ResponseCallback;

/**
 * Makes Leshan's client, which registers as LwM2M 1.1, a device of version 1.0: its registration
 * says so, queue mode is part of the binding (OMA-TS-LightweightM2M-1.0, clause 5.3.1), objects are
 * listed as then, and it speaks TLV, text and octets only.
 */
final class Lwm2m10 {
  private static final Set<ContentFormat> FORMATS =
      Set.of(ContentFormat.TLV, ContentFormat.TEXT, ContentFormat.OPAQUE);

  private Lwm2m10() {}

  static void teach(LeshanClientBuilder client, RegistrationEngineFactory engine) {
    client
        .setLinkFormatHelper(new LinkFormatHelper(LwM2mVersion.V1_0))
        .setEncoder(
            new DefaultLwM2mEncoder(
                only(DefaultLwM2mEncoder.getDefaultNodeEncoders(false)),
                Map.of(),
                new LwM2mValueChecker()))
        .setDecoder(
            new DefaultLwM2mDecoder(
                only(DefaultLwM2mDecoder.getDefaultNodeDecoders(false)), Map.of()))
        .setRegistrationEngineFactory(
            (name,
                objects,
                endpoints,
                sender,
                boot,
                observer,
                more,
                bootMore,
                formats,
                threads,
                links,
                servers) ->
                engine.createRegistratioEngine(
                    name,
                    objects,
                    endpoints,
                    new Sender(sender),
                    boot,
                    observer,
                    more,
                    bootMore,
                    formats,
                    threads,
                    links,
                    servers));
  }

  private static <T> Map<ContentFormat, T> only(Map<ContentFormat, T> all) {
    return all.entrySet().stream()
        .filter(each -> FORMATS.contains(each.getKey()))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private record Sender(UplinkRequestSender next) implements UplinkRequestSender {
    @Override
    public <T extends LwM2mResponse> T send(
        LwM2mServer server, UplinkRequest<T> request, long limit) throws InterruptedException {
      return next.send(server, old(request), limit);
    }

    @Override
    public <T extends LwM2mResponse> void send(
        LwM2mServer server,
        UplinkRequest<T> request,
        long limit,
        ResponseCallback<T> answered,
        ErrorCallback failed) {
      next.send(server, old(request), limit, answered, failed);
    }

    @SuppressWarnings("unchecked") // a registration for a registration
    private static <T extends LwM2mResponse> UplinkRequest<T> old(UplinkRequest<T> request) {
      if (!(request instanceof RegisterRequest register)) {
        return request;
      }
      EnumSet<BindingMode> binding = EnumSet.of(BindingMode.U);
      if (Boolean.TRUE.equals(register.getQueueMode())) {
        binding.add(BindingMode.Q);
      }
      return (UplinkRequest<T>)
          new RegisterRequest(
              register.getEndpointName(),
              register.getLifetime(),
              LwM2mVersion.V1_0.toString(),
              binding,
              null,
              register.getSmsNumber(),
              register.getObjectLinks(),
              register.getAdditionalAttributes());
    }
  }
}
