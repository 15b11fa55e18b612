#include "keyring/keyring.hpp"
#include <algorithm>

namespace cd::keyring {

namespace {

[[noreturn]] void refuse(const std::string &detail) {
    throw Error(sqlstate::keyring_locked, "what the provider of root keys gives cannot be used", detail,
                "Give lines \"VERSION: KEY\" or one KEY, of 32 to 64 random bytes in hex or base64; "
                "openssl rand -hex 32 makes one.");
}

Bytes bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()}; }

void put_number(std::vector<std::uint8_t> &to, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<std::uint8_t>(value >> shift));
}
void put_with_length(std::vector<std::uint8_t> &to, std::string_view text) {
    put_number(to, static_cast<std::uint32_t>(text.size()));
    to.insert(to.end(), text.begin(), text.end());
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}
int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

using Root = crypto::Secret<max_root>;

// Digits of so many bits each into bytes; how many bytes. Bits that are left over belong to no byte and must be 0.
template <class Digit> std::size_t decode(std::string_view text, unsigned bits, Digit &&digit, Root &root) {
    std::uint32_t pending = 0;
    unsigned have = 0;
    std::size_t n = 0;
    for (const char c : text) {
        const int value = digit(c);
        if (value < 0) refuse("A key has a character that is neither of hex nor of base64.");
        pending = (pending << bits) | static_cast<std::uint32_t>(value);
        have += bits;
        if (have < 8) continue;
        have -= 8;
        if (n == max_root) refuse("A key has more than " + std::to_string(max_root) + " bytes.");
        root.data()[n++] = static_cast<std::uint8_t>(pending >> have);
        pending &= (1u << have) - 1;
    }
    if (have >= bits || pending != 0) refuse("A key is cut off within a byte.");
    return n;
}

// Whatever could be hex is hex: a key that lost a digit shall not be taken for base64.
std::size_t decode(std::string_view text, Root &root) {
    if (std::all_of(text.begin(), text.end(), [](char c) { return hex_digit(c) >= 0; }))
        return decode(text, 4, hex_digit, root);
    const std::size_t padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
    if (padding > 2 || (padding > 0 && text.size() % 4 != 0)) refuse("A key in base64 is not padded as it should be.");
    return decode(text.substr(0, text.size() - padding), 6, base64_digit, root);
}

std::string_view trimmed(std::string_view text) {
    const char *const blank = " \t\r";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

Version version_of(std::string_view text) {
    std::uint64_t version = 0;
    for (const char c : text) {
        if (c < '0' || c > '9' || version > max_version) refuse("A line does not begin with the number of a version.");
        version = version * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (version < 1 || version > max_version) refuse("A version is not a number from 1 to 2147483647.");
    return static_cast<Version>(version);
}

} // namespace

void Keyring::add(Version version, Bytes root) {
    if (root.size() < min_root || root.size() > max_root)
        refuse("The key of version " + std::to_string(version) + " has " + std::to_string(root.size()) + " bytes.");
    if (std::all_of(root.begin(), root.end(), [&root](std::uint8_t byte) { return byte == root[0]; }))
        refuse("The key of version " + std::to_string(version) + " is one byte over and over.");
    roots_.insert_or_assign(version, crypto::LockedBytes(root));
}

std::vector<Version> Keyring::versions() const {
    std::vector<Version> all;
    for (const auto &[version, root] : roots_) all.push_back(version);
    return all;
}

void Keyring::derive(const Label &label, Version version, std::span<std::uint8_t> out) const {
    const auto root = roots_.find(version);
    if (root == roots_.end())
        throw Error(sqlstate::keyring_locked, "there is no root key of version " + std::to_string(version), "",
                    "SELECT * FROM customer_data.key_check() shows which there are.");
    std::vector<std::uint8_t> info;
    for (const std::string_view part : {label.kind, label.tenant, label.field, label.algorithm})
        put_with_length(info, part);
    put_number(info, version);
    crypto::hkdf_sha256(root->second.bytes(), bytes_of("customer_data/1"), info, out);
}

std::array<std::uint8_t, 16> Keyring::check_value(Version version) const {
    std::array<std::uint8_t, 16> check;
    derive({"check", "", "", "HKDF-SHA-256"}, version, check);
    return check;
}

bool Keyring::locked_in_memory() const {
    return std::all_of(roots_.begin(), roots_.end(), [](const auto &root) { return crypto::lock_again(root.second); });
}

void read_keys(std::string_view text, Version alone, Keyring &ring) {
    std::vector<Version> seen;
    bool single = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line[0] == '#') continue;
        const std::size_t colon = line.find(':');
        single = single || colon == std::string_view::npos;
        const Version version = colon == std::string_view::npos ? alone : version_of(trimmed(line.substr(0, colon)));
        const std::string_view key = colon == std::string_view::npos ? line : trimmed(line.substr(colon + 1));
        if (single && !seen.empty()) refuse("A key without a version stands beside others.");
        if (std::find(seen.begin(), seen.end(), version) != seen.end())
            refuse("Version " + std::to_string(version) + " is there twice.");
        seen.push_back(version);
        Root root;
        const std::size_t size = decode(key, root);
        ring.add(version, Bytes(root.data(), size));
    }
    if (seen.empty()) refuse("There is no key in it.");
}

} // namespace cd::keyring
