package io.patchbay.broker;

import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.postoffice.AddressManager;
import org.apache.activemq.artemis.core.postoffice.Bindings;
import org.apache.activemq.artemis.core.postoffice.impl.PostOfficeImpl;

/**
 * The topics that messages are sent to. Artemis finds out who listens to one when the first message
 * comes, and locks nobody out meanwhile: a second publisher would meet a list that is not yet
 * filled, and its message, acknowledged, reach nobody; whoever subscribes at that moment would hear
 * nothing of the topic for good. Here the list is made before the first message goes its way, while
 * nobody can subscribe (compare ARTEMIS-6199, mended after 2.55).
 */
final class Topics {
  /** What is complete: as many as Artemis itself has. */
  private final Map<SimpleString, Bindings> complete = new ConcurrentHashMap<>();

  /** Before a message is sent there. */
  void sent(PostOfficeImpl office, SimpleString topic) throws Exception {
    Bindings known = complete.get(topic);
    if (known != null && known == office.lookupBindingsForAddress(topic)) {
      return;
    }
    synchronized (office) { // as those do who subscribe
      Bindings now = office.getAddressManager().getBindingsForRoutingAddress(topic);
      if (now != null) {
        complete.put(topic, now);
      }
    }
  }

  /** Forgets those to which nobody listens any more. Call now and then. */
  void look(PostOfficeImpl office) throws Exception {
    AddressManager addresses = office.getAddressManager();
    for (Iterator<Map.Entry<SimpleString, Bindings>> each = complete.entrySet().iterator();
        each.hasNext(); ) {
      Map.Entry<SimpleString, Bindings> one = each.next();
      if (addresses.getExistingBindingsForRoutingAddress(one.getKey()) != one.getValue()) {
        each.remove();
      }
    }
  }
}
