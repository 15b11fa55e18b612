// The tables of privacy_setup().
#pragma once

namespace cd::keyring {

inline constexpr int privacy_shape = 1;

} // namespace cd::keyring
