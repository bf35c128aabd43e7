package io.patchbay.itests.enterprise;

import jakarta.jms.ConnectionFactory;
import java.util.Set;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.config.impl.SecurityConfiguration;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.spi.core.security.ActiveMQJAASSecurityManager;
import org.apache.activemq.artemis.spi.core.security.jaas.InVMLoginModule;
import org.apache.qpid.jms.JmsConnectionFactory;

/** An Artemis broker in this process, with users and AMQP 1.0. */
final class ArtemisPeer {
  private static final String USER = "patchbay";

  private final EmbeddedActiveMQ broker;
  private final String url;
  private final String password;

  private ArtemisPeer(EmbeddedActiveMQ broker, String url, String password) {
    this.broker = broker;
    this.url = url;
    this.password = password;
  }

  static ArtemisPeer start(String password) throws Exception {
    int port = Ports.free();
    SecurityConfiguration users = new SecurityConfiguration();
    users.addUser(USER, password);
    users.addRole(USER, "enterprise");
    Role all =
        new Role(
            "enterprise",
            true,
            true,
            true,
            true,
            true,
            true,
            false,
            true,
            true,
            true,
            false,
            false);
    Configuration configuration =
        new ConfigurationImpl()
            .setPersistenceEnabled(false)
            .setSecurityEnabled(true)
            .setJMXManagementEnabled(false)
            .addAcceptorConfiguration("amqp", "tcp://127.0.0.1:" + port + "?protocols=AMQP")
            .addAddressSetting(
                "#", new AddressSettings().setAutoCreateAddresses(true).setAutoCreateQueues(true));
    configuration.putSecurityRoles("#", Set.of(all));
    EmbeddedActiveMQ broker =
        new EmbeddedActiveMQ()
            .setConfiguration(configuration)
            .setSecurityManager(
                new ActiveMQJAASSecurityManager(InVMLoginModule.class.getName(), users));
    broker.start();
    return new ArtemisPeer(broker, "amqp://127.0.0.1:" + port, password);
  }

  String url() {
    return url;
  }

  ConnectionFactory connections() {
    return new JmsConnectionFactory(USER, password, url);
  }

  void stop() throws Exception {
    broker.stop();
  }
}
