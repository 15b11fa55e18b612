#include "crypto/siv.hpp"
#include "crypto/hmac.hpp"
#include <algorithm>

namespace cd::crypto {

namespace {

constexpr std::size_t stretch = 1 << 19; // bytes between two polls: less than a millisecond

// Times x in GF(2^128) modulo x^128 + x^7 + x^2 + x + 1: "dbl" of RFC 5297, 2.3. No branch depends on the bits.
Block doubled(const Block &block) {
    const std::uint64_t high = load(block.data()), low = load(block.data() + 8);
    Block result;
    store(result.data(), high << 1 | low >> 63);
    store(result.data() + 8, low << 1 ^ ((0 - (high >> 63)) & 0x87));
    return result;
}

// "pad" of RFC 5297: a bit 1 and zeroes up to the length of a block.
Block padded(Bytes part) {
    Block block{};
    std::copy(part.begin(), part.end(), block.begin());
    block[part.size()] = 0x80;
    return block;
}

} // namespace

Cmac::Cmac(Bytes key) : aes_(key) {
    Block zero{};
    aes_.encrypt(zero.data(), zero.data());
    subkey1_ = doubled(zero);
    subkey2_ = doubled(subkey1_);
    wipe(zero.data(), zero.size());
}

Cmac::~Cmac() {
    wipe(subkey1_.data(), block_size);
    wipe(subkey2_.data(), block_size);
}

Block Cmac::operator()(Bytes blocks, Bytes rest, Poll poll) const {
    Block state{};
    for (; blocks.size() > stretch; blocks = blocks.subspan(stretch)) {
        aes_.chain(state, blocks.first(stretch));
        poll();
    }
    aes_.chain(state, blocks);
    const std::size_t whole = rest.empty() ? 0 : (rest.size() - 1) / block_size * block_size;
    aes_.chain(state, rest.first(whole));
    const Bytes last = rest.subspan(whole);
    if (last.size() == block_size) {
        add_to(state.data(), last.data());
        add_to(state.data(), subkey1_.data());
    } else {
        add_to(state.data(), padded(last).data());
        add_to(state.data(), subkey2_.data());
    }
    aes_.encrypt(state.data(), state.data());
    return state;
}

Block Cmac::operator()(Bytes message) const { return (*this)({}, message); }

Siv::Siv(Bytes key) : mac_(key.first(key.size() / 2)), cipher_(key.subspan(key.size() / 2)), zero_(mac_(Block{})) {}

Block Siv::begin(std::initializer_list<Bytes> components) const {
    Block state = zero_;
    for (const Bytes component : components) state = add(state, component);
    return state;
}

Block Siv::add(const Block &begun, Bytes component) const {
    Block state = doubled(begun);
    add_to(state.data(), mac_(component).data());
    return state;
}

// RFC 5297, 2.4: the last component is added to its own end, or padded if it is shorter than a block.
Block Siv::s2v_final(const Block &begun, Bytes plaintext, Poll poll) const {
    if (plaintext.size() < block_size) {
        Block last = doubled(begun);
        add_to(last.data(), padded(plaintext).data());
        return mac_(last);
    }
    const std::size_t whole = (plaintext.size() / block_size - 1) * block_size;
    std::array<std::uint8_t, 2 * block_size> rest;
    const Bytes from = plaintext.subspan(whole);
    std::copy(from.begin(), from.end(), rest.begin());
    add_to(rest.data() + from.size() - block_size, begun.data());
    return mac_(plaintext.first(whole), Bytes(rest).first(from.size()), poll);
}

// The counter begins at the tag without the top bits of its two last words (RFC 5297, 2.5), so that not even 2^63
// blocks carry into its upper half: to count in the lower half is to count modulo 2^128.
void Siv::ctr(const Block &tag, Bytes in, std::uint8_t *out, Poll poll) const {
    const std::uint64_t high = load(tag.data());
    std::uint64_t low = load(tag.data() + 8) & 0x7fffffff7fffffff;
    constexpr std::size_t at_once = 32 * block_size;
    struct Stream {
        std::array<std::uint8_t, at_once> bytes;
        std::size_t used;
        std::uint8_t *data() { return bytes.data(); }
        ~Stream() { wipe(data(), used); }
    } stream;
    stream.used = std::min((in.size() + block_size - 1) / block_size * block_size, at_once);
    std::size_t done = 0;
    while (!in.empty()) {
        const Bytes part = in.first(std::min(in.size(), at_once));
        const std::size_t blocks = (part.size() + block_size - 1) / block_size;
        for (std::size_t i = 0; i < blocks; ++i) {
            store(stream.data() + i * block_size, high);
            store(stream.data() + i * block_size + 8, low++);
        }
        cipher_.encrypt(stream.data(), stream.data(), blocks);
        for (std::size_t i = 0; i < part.size(); ++i) out[i] = static_cast<std::uint8_t>(part[i] ^ stream.bytes[i]);
        in = in.subspan(part.size());
        out += part.size();
        if ((done += part.size()) % stretch == 0) poll();
    }
}

void Siv::seal(const Block &begun, Bytes plaintext, std::uint8_t *out, Poll poll) const {
    const Block tag = s2v_final(begun, plaintext, poll);
    std::copy(tag.begin(), tag.end(), out);
    ctr(tag, plaintext, out + tag_size, poll);
}

bool Siv::open(const Block &begun, Bytes sealed, std::uint8_t *plaintext, Poll poll) const {
    struct Written {
        std::span<std::uint8_t> bytes;
        bool right = false;
        ~Written() {
            if (!right) wipe(bytes.data(), bytes.size());
        }
    } written{{plaintext, sealed.size() - tag_size}};
    Block tag;
    std::copy_n(sealed.begin(), tag_size, tag.begin());
    ctr(tag, sealed.subspan(tag_size), plaintext, poll);
    return written.right = equal_in_constant_time(s2v_final(begun, written.bytes, poll), tag);
}

} // namespace cd::crypto
