/** Device profiles: files to profiles, their check, and things from files. */
@NullMarked
package io.patchbay.profiles;

import org.jspecify.annotations.NullMarked;
