// Tickets, who may ask for them, and canaries.
#include "crypto/hmac.hpp"
#include "crypto/random.hpp"
#include "mask/grapheme.hpp"
#include "pg/arguments.hpp"
#include "pg/time.hpp"
#include "reveal/reveal_sql.hpp"
#include "seal/seal_sql.hpp"
#include <algorithm>
extern "C" {
#include "access/xact.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
}

namespace cd::reveal {

namespace {

constexpr std::size_t longest_text = 1000;

pg_uuid_t new_ticket() {
    pg_uuid_t id;
    crypto::random_bytes(std::span<std::uint8_t>(id.data, UUID_LEN));
    id.data[6] = static_cast<unsigned char>((id.data[6] & 0x0f) | 0x40); // RFC 9562, section 5.4
    id.data[8] = static_cast<unsigned char>((id.data[8] & 0x3f) | 0x80);
    return id;
}

// What is written to the log stays one line, reads as it was written, and says something.
std::string stated(FunctionCallInfo fcinfo, int i, const char *name) {
    const std::string text = text_argument(fcinfo, i), utf8(keyring::utf8(text));
    const auto refuse = [name](const std::string &seen) {
        throw Error(sqlstate::invalid_parameter, std::string(name) + " must say something in one line", seen,
                    "Name what the value is needed for, as it shall stand in the log.");
    };
    if (text.size() > longest_text)
        refuse(std::string(name) + " has " + std::to_string(text.size()) + " bytes, more than " +
               std::to_string(longest_text) + ".");
    if (mask::has_control_character(utf8)) refuse(std::string(name) + " has a control character.");
    bool empty = true;
    for (std::size_t at = 0; at < utf8.size();) {
        const mask::Character c = mask::character_at(utf8, at);
        empty = empty && mask::is_blank(c.code);
        at += c.size;
    }
    if (empty) refuse(std::string(name) + " is empty.");
    return text;
}

class CanaryKey {
  public:
    static constexpr std::size_t key_size = 32;
    CanaryKey(std::span<const std::uint8_t, key_size> key, const keyring::Field &, keyring::Version) : mark_(key) {}
    crypto::Digest operator()(Bytes value) const { return mark_(value); }

  private:
    crypto::Hmac mark_;
};
constinit keyring::Keys<CanaryKey> canary_keys("canary", "HMAC-SHA-256");

// The marks of a field under one version of its key.
struct Marks {
    const CanaryKey *key;
    std::vector<crypto::Digest> sorted;
};
struct Canaries {
    std::uint64_t generation = 0;
    std::map<const keyring::Field *, std::vector<Marks>> of;
};
Canaries *canaries; // made at first use, and never freed

// An alarm that cannot ring is no reason to refuse, and one to tell.
void tell_deaf(const keyring::Field &field, const Error &failure) {
    const std::string name = in_log(field.name);
    pg::call([&] {
        ereport(LOG_SERVER_ONLY,
                (errmsg("customer_data: canaries of field \"%s\" cannot be told: %s", name.c_str(), failure.what()),
                 errhidestmt(true), errhidecontext(true)));
    });
}

std::vector<Marks> read_marks(const keyring::Field &field) {
    std::map<keyring::Version, std::vector<crypto::Digest>> by_version;
    const Oid owner = owner_of("reveal_canary", 0);
    {
        pg::AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        query.read("SELECT key_version::int4, mark::bytea FROM customer_store.reveal_canary "
                   "WHERE field::text COLLATE \"C\" = $1",
                   field.name, pg::Query::See::now);
        for (std::uint64_t i = 0; i < query.rows(); ++i) {
            const Datum datum = query.value(i, 2, BYTEAOID);
            const Bytes mark = pg::call([datum] { return pg::bytes_arg(datum); });
            crypto::Digest digest;
            if (mark.size() != digest.size()) continue; // the table has a CHECK; no value has such a mark
            std::copy(mark.begin(), mark.end(), digest.begin());
            by_version[static_cast<keyring::Version>(query.integer(i, 1))].push_back(digest);
        }
    }
    std::vector<Marks> all;
    for (auto &[version, marks] : by_version) try {
            std::sort(marks.begin(), marks.end());
            all.push_back({&canary_keys.get(field, version), std::move(marks)});
        } catch (const Error &failure) {
            tell_deaf(field, failure);
        }
    return all;
}

} // namespace

bool is_canary(const keyring::Field &field, Bytes plaintext) {
    if (!canaries) canaries = new Canaries;
    if (canaries->generation != keyring::generation()) canaries->of.clear();
    canaries->generation = keyring::generation();
    auto known = canaries->of.find(&field);
    if (known == canaries->of.end()) known = canaries->of.emplace(&field, read_marks(field)).first;
    for (const Marks &marks : known->second)
        if (std::binary_search(marks.sorted.begin(), marks.sorted.end(), (*marks.key)(plaintext))) return true;
    return false;
}

CD_FUNCTION(cd_reveal_request) {
    pg::require_arguments(fcinfo, {"field", "purpose", "reason", "max_rows", "ttl"});
    refuse_on_standby();
    const std::uint64_t now = epoch();
    const std::string purpose = stated(fcinfo, 1, "purpose"), reason = stated(fcinfo, 2, "reason");
    const std::int32_t max_rows = DatumGetInt32(fcinfo->args[3].value);
    if (max_rows < 1 || max_rows > most_rows)
        throw Error(sqlstate::invalid_parameter, "max_rows must be between 1 and " + std::to_string(most_rows),
                    "max_rows is " + std::to_string(max_rows) + ".",
                    "Ask for what the reason needs; a larger job has several tickets.");
    const std::int64_t ttl = pg::unit_micros(DatumGetIntervalP(fcinfo->args[4].value), "ttl");
    if (ttl > longest_life)
        throw Error(sqlstate::invalid_parameter, "ttl must be at most one day",
                    "ttl is " + std::to_string(ttl / USECS_PER_SEC) + " seconds.",
                    "Give a time as '15 minutes'; a longer job asks again.");
    const keyring::Field &field = keyring::field(text_argument(fcinfo, 0));
    require_grant(field.name);
    record_counts();
    const std::string role = pg::user_name(GetUserId()), session_role = pg::user_name(GetSessionUserId());
    Interval life{}; // '1 day' is longer where the clock is put back
    life.time = ttl;
    const pg_uuid_t id = new_ticket();
    const Oid owner = owner_of("reveal_ticket", 0);
    {
        pg::AsOwner as_owner(owner);
        as_owner.query.write(
            "INSERT INTO customer_store.reveal_ticket (ticket, field, purpose, reason, max_rows, role, session_role, "
            "client_address, application, requested_at, expires_at, requested_in, epoch, database) "
            "SELECT $1, $2, $3, $4, $5, $6::name, $7::name, inet_client_addr(), current_setting('application_name'), "
            "now, now + $8, pg_current_xact_id(), $9, $10 FROM clock_timestamp() now",
            {uuid_value(id),
             pg::text_value(field.name),
             pg::text_value(purpose),
             pg::text_value(reason),
             integer_value(max_rows),
             pg::text_value(role),
             pg::text_value(session_role),
             {INTERVALOID, IntervalPGetDatum(&life), false},
             bigint_value(now),
             {OIDOID, ObjectIdGetDatum(MyDatabaseId), false}});
    }
    // On disk before anything is revealed, also where synchronous_commit is off.
    ForceSyncCommit();
    return pg::call([&id] {
        auto *const result = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
        *result = id;
        return UUIDPGetDatum(result);
    });
}

CD_FUNCTION(cd_reveal_grant) {
    pg::require_arguments(fcinfo, {"field", "role"});
    const Oid owner = owner_of("reveal_grant", ACL_SELECT | ACL_INSERT | ACL_UPDATE);
    const std::string role = NameStr(*DatumGetName(fcinfo->args[1].value)), caller = pg::user_name(GetUserId());
    const keyring::Field &field = keyring::field(text_argument(fcinfo, 0));
    const Oid role_oid = pg::call([&role] { return get_role_oid(role.c_str(), false); });
    {
        pg::AsOwner as_owner(owner);
        as_owner.query.write("INSERT INTO customer_store.reveal_grant AS g (field, role, role_oid, granted_by, "
                             "valid_until) VALUES ($1, $2::name, $5, $3::name, $4) ON CONFLICT (field, role) DO UPDATE "
                             "SET role_oid = excluded.role_oid, granted_by = excluded.granted_by, granted_at = "
                             "excluded.granted_at, valid_until = "
                             "excluded.valid_until",
                             {pg::text_value(field.name),
                              pg::text_value(role),
                              pg::text_value(caller),
                              {TIMESTAMPTZOID, fcinfo->args[2].value, fcinfo->args[2].isnull},
                              {OIDOID, ObjectIdGetDatum(role_oid), false}});
    }
    PG_RETURN_VOID();
}

CD_FUNCTION(cd_reveal_revoke) {
    pg::require_arguments(fcinfo, {"field", "role"});
    const Oid owner = owner_of("reveal_grant", ACL_SELECT | ACL_DELETE);
    const std::string role = NameStr(*DatumGetName(fcinfo->args[1].value)), field = text_argument(fcinfo, 0);
    {
        pg::AsOwner as_owner(owner);
        as_owner.query.write(
            "DELETE FROM customer_store.reveal_grant WHERE field::text COLLATE \"C\" = $1 AND role::text = $2",
            {pg::text_value(field), pg::text_value(role)});
        if (as_owner.query.rows() == 0)
            throw Error(sqlstate::undefined_object, "field \"" + field + "\" is not granted to role \"" + role + "\"",
                        "There is no such row in customer_store.reveal_grant.",
                        "A role that has the rights of another one is granted through that one.");
    }
    PG_RETURN_VOID();
}

CD_FUNCTION(cd_reveal_canary) {
    pg::require_arguments(fcinfo, {"field", "value"});
    const Oid owner = owner_of("reveal_canary", ACL_INSERT);
    seal::PlaintextArgument value(fcinfo, 1);
    value.to_utf8();
    const std::string caller = pg::user_name(GetUserId());
    const keyring::Field &field = keyring::field(text_argument(fcinfo, 0));
    const crypto::Digest mark = canary_keys.get(field, field.pinned)(value.bytes());
    const Datum datum = pg::call([&mark] { return pg::copy_datum(mark); });
    {
        pg::AsOwner as_owner(owner);
        as_owner.query.write("INSERT INTO customer_store.reveal_canary (field, mark, key_version, made_by) "
                             "VALUES ($1, $2, $3, $4::name) ON CONFLICT DO NOTHING",
                             {pg::text_value(field.name),
                              {BYTEAOID, datum, false},
                              integer_value(field.pinned),
                              pg::text_value(caller)});
    }
    if (canaries) canaries->of.clear();
    PG_RETURN_VOID();
}

} // namespace cd::reveal
