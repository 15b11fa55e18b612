// Keys of single persons. Answers come from subject_answers.py, which shares no code with this.
#include "crypto/errors.hpp"
#include "crypto/key_wrap.hpp"
#include "seal/subject.hpp"
#include "subject_answers.hpp"
#include <algorithm>
#include <gtest/gtest.h>
#include <set>

using namespace cd;
using namespace cd::seal;

namespace {

using Value = std::vector<std::uint8_t>;

Value unhex(std::string_view hex) {
    Value bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    return bytes;
}
Value bytes(std::string_view text) { return {text.begin(), text.end()}; }
Place place(std::string_view tenant, std::string_view field) { return {tenant, field, field_tag(tenant, field)}; }
SubjectKey make_key(std::uint32_t number) {
    const Value key = unhex(subject_answers::key);
    return SubjectKey(std::span<const std::uint8_t, SubjectKey::key_size>(key.data(), SubjectKey::key_size), number);
}
Value sealed(const SubjectKey &key, const Place &at, std::string_view subject, std::string_view text) {
    Value value(overhead(SubjectKey::flags) + text.size());
    key.seal(at, bytes(subject), bytes(text), value.data());
    return value;
}
// What it opens to; nothing if it does not. Then no byte of the plaintext may be left behind.
std::optional<Value> opened(const SubjectKey &key, const Place &at, Bytes value, std::string_view subject) {
    const Sealed parsed = Sealed::parse(value);
    Value plaintext(parsed.plaintext_size(), 0);
    if (key.open(at, parsed, bytes(subject), plaintext.data())) return plaintext;
    EXPECT_TRUE(std::all_of(plaintext.begin(), plaintext.end(), [](std::uint8_t b) { return b == 0; }));
    return std::nullopt;
}
const Place email = place("acme", "crm.email");

} // namespace

TEST(Subject, AgreesWithAnIndependentImplementation) {
    const crypto::Hmac mark_key(unhex(subject_answers::mark_key));
    for (const subject_answers::Answer &answer : subject_answers::all) {
        Value value(value_size(answer.text));
        read_text(answer.text, value.data());
        EXPECT_EQ(Sealed::parse(value).header.flags, randomised | row_bound | of_subject);
        EXPECT_EQ(Sealed::parse(value).header.version, answer.number);
        EXPECT_EQ(opened(make_key(answer.number), place(answer.tenant, answer.field), value, answer.subject),
                  bytes(answer.plaintext));
        const Mark mark = mark_of(mark_key, answer.tenant, answer.subject);
        EXPECT_EQ(Value(mark.begin(), mark.end()), unhex(answer.mark));
    }
}

TEST(Subject, EveryBitCounts) {
    const SubjectKey key = make_key(3);
    const Value value = sealed(key, email, "c-17", "ada@example.com");
    ASSERT_EQ(opened(key, email, value, "c-17"), bytes("ada@example.com"));
    int refused = 0, unknown = 0;
    for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
        Value other = value;
        other[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        try {
            EXPECT_FALSE(opened(key, email, other, "c-17")) << bit;
            ++refused;
        } catch (const Error &error) {
            EXPECT_EQ(std::string(error.state()), sqlstate::invalid_binary);
            EXPECT_LT(bit, 64u);
            ++unknown;
        }
    }
    // Format, algorithm and reserved byte, flags but one that gives other known flags, and the version's highest bit.
    EXPECT_EQ(unknown, 8 * 3 + 7 + 1);
    EXPECT_EQ(refused + unknown, static_cast<int>(value.size() * 8));
}

TEST(Subject, ValuesBelongToTheirPlace) {
    const SubjectKey key = make_key(1);
    const Value value = sealed(key, email, "c-17", "x");
    EXPECT_FALSE(opened(key, email, value, "c-18"));
    EXPECT_FALSE(opened(key, email, value, ""));
    EXPECT_FALSE(opened(key, place("acme", "crm.phone"), value, "c-17"));
    EXPECT_FALSE(opened(key, place("", "crm.email"), value, "c-17"));
    EXPECT_FALSE(opened(make_key(2), email, value, "c-17"));
    // With a header that was rewritten to fit.
    Value other = value;
    other[7] = 2;
    EXPECT_FALSE(opened(make_key(2), email, other, "c-17"));
    other = value;
    const FieldTag tag = field_tag("acme", "crm.phone");
    std::copy(tag.begin(), tag.end(), other.begin() + 8);
    EXPECT_FALSE(opened(key, place("acme", "crm.phone"), other, "c-17"));
    // A field's key of the same bytes does not open it, nor the other way round, whatever the flags say.
    const Value key_bytes = unhex(subject_answers::key);
    const SealKey of_field(std::span<const std::uint8_t, SealKey::key_size>(key_bytes.data(), SealKey::key_size),
                           "acme", "crm.email", 1);
    Value plaintext(1);
    EXPECT_FALSE(of_field.open(Sealed::parse(value), bytes("c-17"), plaintext.data()));
    other = value;
    other[2] = randomised | row_bound;
    EXPECT_FALSE(of_field.open(Sealed::parse(other), bytes("c-17"), plaintext.data()));
    Value bound(overhead(randomised | row_bound) + 1);
    of_field.seal(randomised | row_bound, bytes("c-17"), bytes("x"), bound.data());
    EXPECT_FALSE(opened(key, email, bound, "c-17"));
    bound[2] = SubjectKey::flags;
    EXPECT_FALSE(opened(key, email, bound, "c-17"));
}

TEST(Subject, LongWorkCanBeCancelled) {
    struct Cancelled {};
    const Poll cancel(+[] { throw Cancelled{}; });
    const SubjectKey key = make_key(1);
    const Value who = bytes("c-17"), text(std::size_t{3} << 20, 'x');
    Value value(overhead(SubjectKey::flags) + text.size());
    EXPECT_THROW(key.seal(email, who, text, value.data(), cancel), Cancelled);
    key.seal(email, who, text, value.data());
    Value out(text.size(), 0);
    EXPECT_THROW(static_cast<void>(key.open(email, Sealed::parse(value), who, out.data(), cancel)), Cancelled);
    EXPECT_EQ(out, Value(text.size(), 0)); // nothing that was opened stays
}

TEST(Subject, MarksDoNotRunTogether) {
    const crypto::Hmac key(unhex(subject_answers::mark_key));
    const std::set<Mark> marks = {mark_of(key, "", "ab"), mark_of(key, "a", "b"), mark_of(key, "ab", ""),
                                  mark_of(key, "b", "a"), mark_of(crypto::Hmac(Value(32, 1)), "a", "b")};
    EXPECT_EQ(marks.size(), 5u);
    const Mark mark = mark_of(key, "a", "b");
    EXPECT_EQ(wrapped_for(mark, 1).size(), 36u);
    EXPECT_NE(wrapped_for(mark, 1), wrapped_for(mark, 2));
    EXPECT_NE(wrapped_for(mark, 1), wrapped_for(mark_of(key, "a", "c"), 1));
}
