// Blind indexes, for features that fill them.
#pragma once
#include "keyring/keyring_sql.hpp"

namespace cd::pseudonym {

// Of a value, under the primary version of the key: what customer_data.blind_index returns.
Datum blind_index(const keyring::Field &, std::string_view utf8);

} // namespace cd::pseudonym
