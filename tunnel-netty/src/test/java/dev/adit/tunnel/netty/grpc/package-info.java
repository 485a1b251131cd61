@NullMarked
package dev.adit.tunnel.netty.grpc;

import org.jspecify.annotations.NullMarked;
