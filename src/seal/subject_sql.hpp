// Keys of persons as the tables have them: wrapped ones in customer_keys.subject_key, marks of who was erased in
// customer_store.subject_erased. All of it is done as the owner of both. Tenants are as tables have them, in the
// server's encoding; subjects are UTF-8.
#pragma once
#include "keyring/keyring_sql.hpp"
#include "pg/user_query.hpp"
#include "seal/subject.hpp"
#include <optional>

namespace cd::seal {

inline constexpr const char *keys_schema = "customer_keys", *keys_table = "subject_key";

// Values of a person are sealed with a key of his own, made at its first use. Throws ZC007 if he was erased. It holds
// until another one is asked for.
const SubjectKey &key_for_sealing(std::string_view tenant, std::string_view subject);
// What its header says of the field.
Place place_of(const keyring::Field &);
// False unless it is the value of that person. Throws ZC007 if he has no key, or was erased.
[[nodiscard]] bool open_of_subject(const keyring::Field &, const Sealed &, std::optional<Bytes> subject,
                                   std::uint8_t *plaintext);

// The owner of the tables, after a check of the caller's rights on customer_keys.subject_key. Throws 55000 if it is not
// there.
Oid keys_owner(AclMode rights_of_caller = 0);
// A block of their owner's in which rows are found by the index, also by a statement that was planned while the table
// was empty.
class AsKeysOwner : public pg::AsOwner {
  public:
    explicit AsKeysOwner(Oid owner) : pg::AsOwner(owner) { settings_.set("enable_seqscan", "off"); }

  private:
    pg::Settings settings_;
};
// How tables know the person. Without one if nobody has a key yet, and none is to be made.
enum class Unknown { make, leave };
std::optional<Mark> find_mark(Oid owner, std::string_view tenant, std::string_view subject, Unknown);

// A key under another version of the root key.
std::vector<std::uint8_t> rewrap(std::string_view tenant, const Mark &, std::uint32_t number, Bytes wrapped,
                                 keyring::Version from, keyring::Version to);
// The key of the marks, likewise; nothing to do if it is under that version.
void rewrap_mark_key(Oid owner, keyring::Version to);

// What shred_status has found of the table and WAL holds no longer: an erased key stood there again.
void forget_clean(Oid owner, std::string_view tenant, const Mark &);

// At the end of this transaction all sessions forget the keys that they have unwrapped.
void forget_everywhere();

pg::Value bytes_value(Bytes);
pg::Value integer_value(std::int64_t);

} // namespace cd::seal
