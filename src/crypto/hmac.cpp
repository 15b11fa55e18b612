// SHA256_* are deprecated since OpenSSL 3.0 in favour of EVP, which allocates for every copy of a state: 330 ns for a
// short message instead of 135. They are the same code of the same library; the self-test watches over them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hmac.hpp"
#include <algorithm>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <utility>

namespace cd::crypto {

namespace {

void update(SHA256_CTX &state, Bytes part) { SHA256_Update(&state, part.data(), part.size()); }

Digest finish(SHA256_CTX &state) {
    Digest digest;
    SHA256_Final(digest.data(), &state);
    return digest;
}

// What stays in the states are digests: SHA256_Final leaves nothing of the pads there, and clears its buffer.
void finish(SHA256_CTX &inner, SHA256_CTX &outer, std::initializer_list<Bytes> parts, Digest &digest) {
    for (const Bytes part : parts) update(inner, part);
    SHA256_Final(digest.data(), &inner);
    update(outer, digest);
    SHA256_Final(digest.data(), &outer);
}

} // namespace

struct Hmac::State {
    SHA256_CTX inner, outer; // after the pads
};

Hmac::Hmac(Bytes key) : state_(new State) {
    Secret<SHA256_CBLOCK> pad;
    if (key.size() > pad.size()) {
        Digest short_key = sha256({key});
        std::copy(short_key.begin(), short_key.end(), pad.data());
        wipe(short_key.data(), short_key.size());
    } else {
        std::copy(key.begin(), key.end(), pad.data());
    }
    const auto begin = [&pad](SHA256_CTX &state, std::uint8_t with) {
        for (std::uint8_t &byte : pad.span()) byte = static_cast<std::uint8_t>(byte ^ with);
        SHA256_Init(&state);
        update(state, pad.span());
    };
    begin(state_->inner, 0x36);
    begin(state_->outer, 0x36 ^ 0x5c);
}

Hmac::~Hmac() {
    if (state_) wipe(state_, sizeof *state_);
    delete state_;
}

Hmac::Hmac(Hmac &&other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

Hmac &Hmac::operator=(Hmac &&other) noexcept {
    std::swap(state_, other.state_);
    return *this;
}

Digest Hmac::operator()(std::initializer_list<Bytes> parts) const {
    SHA256_CTX inner = state_->inner, outer = state_->outer;
    Digest digest;
    finish(inner, outer, parts, digest);
    return digest;
}

Digest Hmac::key(std::initializer_list<Bytes> parts) const {
    SHA256_CTX inner = state_->inner, outer = state_->outer;
    Digest digest;
    finish(inner, outer, parts, digest);
    wipe(&inner, sizeof inner);
    wipe(&outer, sizeof outer);
    return digest;
}

Digest sha256(std::initializer_list<Bytes> parts) {
    SHA256_CTX state;
    SHA256_Init(&state);
    for (const Bytes part : parts) update(state, part);
    return finish(state);
}

void hkdf_sha256(Bytes key, Bytes salt, Bytes info, std::span<std::uint8_t> out) {
    if (out.size() > 255 * std::tuple_size_v<Digest>)
        throw Error(sqlstate::program_limit, "too many bytes of a derived key",
                    std::to_string(out.size()) + " bytes are asked for.", "HKDF-SHA-256 gives 8160 bytes.");
    Digest extracted = Hmac(salt).key({key}), block{};
    const Hmac expand(extracted);
    Bytes before; // empty for the first block
    std::uint8_t counter = 0;
    while (!out.empty()) {
        ++counter;
        block = expand.key({before, info, {&counter, 1}});
        before = block;
        const std::size_t n = std::min(out.size(), block.size());
        std::copy_n(block.begin(), n, out.begin());
        out = out.subspan(n);
    }
    wipe(extracted.data(), extracted.size());
    wipe(block.data(), block.size());
}

bool equal_in_constant_time(Bytes a, Bytes b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace cd::crypto
