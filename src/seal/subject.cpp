#include "seal/subject.hpp"

namespace cd::seal {
namespace {

std::array<std::uint8_t, 4> u32(std::size_t number) {
    return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
            static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}
Bytes bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()}; }

} // namespace

Mark mark_of(const crypto::Hmac &key, std::string_view tenant, std::string_view subject) {
    const auto tenant_size = u32(tenant.size()), subject_size = u32(subject.size());
    return key({tenant_size, bytes_of(tenant), subject_size, bytes_of(subject)});
}

std::string wrapped_for(const Mark &mark, std::uint32_t number) {
    std::string place(mark.begin(), mark.end());
    const auto bytes = u32(number);
    place.append(bytes.begin(), bytes.end());
    return place;
}

void SubjectKey::seal(const Place &place, Bytes subject, Bytes plaintext, std::uint8_t *out, Poll poll) const {
    const Header header{flags, number_, place.tag};
    seal::seal(siv_, begin(siv_, header, place.tenant, place.field), header, subject, plaintext, out, poll);
}

bool SubjectKey::open(const Place &place, const Sealed &sealed, Bytes subject, std::uint8_t *plaintext,
                      Poll poll) const {
    const Header header{flags, number_, place.tag};
    if (sealed.header != header) return false;
    return seal::open(siv_, begin(siv_, header, place.tenant, place.field), sealed, subject, plaintext, poll);
}

} // namespace cd::seal
