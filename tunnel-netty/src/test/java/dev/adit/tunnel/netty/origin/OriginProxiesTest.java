package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import org.junit.jupiter.api.Test;

class OriginProxiesTest {

    @Test
    void everyKindOfOriginIsServed() {
        assertThat(OriginProxies.kinds())
                .hasSameSizeAs(Origin.class.getPermittedSubclasses())
                .extracting(Class::getName)
                .contains(Origin.Http.class.getName(), Origin.HelloWorld.class.getName());
        for (Class<?> kind : Origin.class.getPermittedSubclasses()) {
            assertThat(OriginProxies.kinds()).as("kinds that have a proxy").anyMatch(kind::equals);
        }
    }
}
