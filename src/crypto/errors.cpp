#include "crypto/errors.hpp"
#include <openssl/err.h>

namespace cd::crypto {

void openssl_refused(const char *what) {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    throw Error(sqlstate::keyring_locked, std::string("OpenSSL refuses ") + what,
                reason ? std::string("It says: ") + reason + "." : std::string("It gives no reason."),
                "Check the installation and the configuration of OpenSSL.");
}

} // namespace cd::crypto
