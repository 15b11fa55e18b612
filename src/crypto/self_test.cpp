#include "crypto/self_test.hpp"
#include "crypto/hmac.hpp"
#include "crypto/key_wrap.hpp"
#include "crypto/random.hpp"
#include "crypto/siv.hpp"
#include <algorithm>
#include <string_view>

namespace cd::crypto {

namespace {

std::vector<std::uint8_t> hex(std::string_view digits) {
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(value(digits[i]) << 4 | value(digits[i + 1])));
    return bytes;
}

Bytes text(std::string_view s) { return {reinterpret_cast<const std::uint8_t *>(s.data()), s.size()}; }

bool is(Bytes bytes, std::string_view digits) { return std::ranges::equal(bytes, hex(digits)); }

// FIPS 197, C.3.
bool aes() {
    Block block;
    std::ranges::copy(hex("00112233445566778899aabbccddeeff"), block.begin());
    Aes(hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")).encrypt(block.data(), block.data());
    return is(block, "8ea2b7ca516745bfeafc49904b496089");
}

bool siv_one(std::string_view key, std::initializer_list<Bytes> components, std::string_view plaintext,
             std::string_view sealed) {
    const Siv siv(hex(key));
    const auto in = hex(plaintext);
    std::vector<std::uint8_t> out(in.size() + Siv::tag_size), back(in.size());
    const Block begun = siv.begin(components);
    siv.seal(begun, in, out.data());
    if (!is(out, sealed) || !siv.open(begun, out, back.data()) || back != in) return false;
    out[0] ^= 1;
    return !siv.open(begun, out, back.data());
}
// RFC 5297, A.1 and A.2, which have two 128-bit keys; with two of 256 bits Wycheproof's aes_siv_cmac 296, an empty
// message.
bool siv() {
    return siv_one("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
                   {hex("101112131415161718191a1b1c1d1e1f2021222324252627")}, "112233445566778899aabbccddee",
                   "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c") &&
           siv_one("7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f",
                   {hex("00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100"),
                    hex("102030405060708090a0"), hex("09f911029d74e35bd84156c5635688c0")},
                   "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67205349562d414553",
                   "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17dba77ceb094fa663b7a3f748ba8af829"
                   "ea64ad544a272e9c485b62a3fd5c0d");
}

// RFC 4231, cases 2 and 6: the latter's key is longer than a block.
bool hmac() {
    return is(Hmac(text("Jefe"))(text("what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843") &&
           is(Hmac(std::vector<std::uint8_t>(131, 0xaa))(
                  text("Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// RFC 5869, A.1.
bool hkdf() {
    std::array<std::uint8_t, 42> out;
    hkdf_sha256(std::vector<std::uint8_t>(22, 0x0b), hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"),
                out);
    return is(out, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

// No standard has an example of KWP with a 256-bit key: this is Wycheproof's, aes_kwp 161.
bool key_wrap() {
    Secret<32> wrapping;
    std::ranges::copy(hex("fce0429c610658ef8e7cfb0154c51de2239a8a317f5af5b6714f985fb5c4d75c"), wrapping.data());
    const auto key = hex("287326b5ed0078e7ca0164d748f667e7");
    auto wrapped = wrap_key(wrapping.span(), key);
    std::vector<std::uint8_t> back(key.size());
    if (!is(wrapped, "e3eab96d9a2fda12f9e252053aff15e753e5ea6f5172c92b") ||
        !unwrap_key(wrapping.span(), wrapped, back) || back != key)
        return false;
    wrapped[0] ^= 1;
    return !unwrap_key(wrapping.span(), wrapped, back);
}

// What is random has no known answer, but 32 equal bytes twice are none.
bool random() {
    std::array<std::uint8_t, 32> one, other;
    random_bytes(one);
    random_bytes(other);
    return one != other;
}

} // namespace

const char *self_test() {
    constexpr std::pair<const char *, bool (*)()> tests[] = {
        {"AES-256", aes},       {"AES-256-SIV", siv},           {"HMAC-SHA-256", hmac},
        {"HKDF-SHA-256", hkdf}, {"AES-256 key wrap", key_wrap}, {"random bytes", random}};
    for (const auto &[name, right] : tests)
        if (!right()) return name;
    return nullptr;
}

} // namespace cd::crypto
