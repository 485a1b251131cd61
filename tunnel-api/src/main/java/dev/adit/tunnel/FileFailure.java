package dev.adit.tunnel;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** Says in words why a file cannot be read: the exceptions of the JDK often have no text but the file's name. */
final class FileFailure {

    private FileFailure() {}

    static String reason(Exception failure) {
        if (failure instanceof NoSuchFileException) {
            return "it does not exist";
        }
        if (failure instanceof AccessDeniedException) {
            return "this process may not read it";
        }
        return failure instanceof IOException && failure.getMessage() == null
                ? failure.getClass().getSimpleName()
                : String.valueOf(failure.getMessage());
    }
}
