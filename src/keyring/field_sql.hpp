// The tables of privacy_setup().
#pragma once
#include <string>

namespace cd::keyring {

inline constexpr int privacy_shape = 1;

[[noreturn]] void refuse_unknown(const std::string &field);

} // namespace cd::keyring
