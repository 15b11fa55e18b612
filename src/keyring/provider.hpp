// Where root keys come from: a file, or what a command writes. What was read is wiped.
#pragma once
#include "crypto/errors.hpp"
#include "keyring/keyring.hpp"

namespace cd::keyring {

// A text of at most max_provided bytes, wiped when it goes.
inline constexpr std::size_t max_provided = 64 * 1024;
class ProvidedText {
  public:
    ProvidedText() { bytes_.reserve(max_provided); } // it never moves, so that no copy stays behind
    ~ProvidedText() { crypto::wipe(bytes_.data(), bytes_.capacity()); }
    ProvidedText(const ProvidedText &) = delete;
    ProvidedText &operator=(const ProvidedText &) = delete;
    std::string_view text() const { return {bytes_.data(), bytes_.size()}; }
    // Reads what the file has to give. False at its end; throws keyring_locked at an error, or past max_provided.
    bool read_from(int file, const char *what);

  private:
    std::vector<char> bytes_;
};

// The pattern with %v as the version, and %% as %.
std::string with_version(std::string_view pattern, Version);
bool names_version(std::string_view pattern);

// Both throw keyring_locked, with what is wrong but neither path nor command: those are for superusers.
//
// The file must be a regular one. One that belongs to this user may be open to nobody else, one of root may be readable
// by its group: what the server asks of the key file of its TLS.
void read_key_file(const std::string &path, ProvidedText &);
// By /bin/sh, in a process group of its own, without input, without the signals of this process. It has time_limit
// seconds.
inline constexpr int time_limit = 10;
void run_key_command(const std::string &command, ProvidedText &, Poll = {});

} // namespace cd::keyring
