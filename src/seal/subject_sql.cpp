// Sealing for persons, and erasing them.
#include "seal/subject_sql.hpp"
#include "keyring/field_sql.hpp"
#include "pg/arguments.hpp"
#include "pg/progress.hpp"
#include "pg/rows.hpp"
#include "seal/seal_sql.hpp"
#include <algorithm>

namespace cd::seal {
namespace {

enum class As { text, bytes };
std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char *>(bytes.data()), bytes.size()}; }

template <As as> Datum seal_for(FunctionCallInfo fcinfo) {
    enum { subject_argument, field_argument, value_argument };
    pg::require_arguments(fcinfo, {"subject"});
    const keyring::Field &field = keyring::field_arg(fcinfo, field_argument);
    if (fcinfo->args[value_argument].isnull) PG_RETURN_NULL();
    const Bytes subject = *row_key_arg(fcinfo, subject_argument);
    PlaintextArgument value(fcinfo, value_argument);
    if constexpr (as == As::text) value.to_utf8();
    require_size(value.bytes().size());
    const SubjectKey &key = key_for_sealing(field.tenant, text_of(subject));
    const std::size_t size = overhead(SubjectKey::flags) + value.bytes().size();
    const pg::NewVarlena result = pg::call([size] { return pg::NewVarlena(size); });
    key.seal(place_of(field), subject, value.bytes(), result.content, pg::interrupts);
    return result.finish(result.content + size);
}

// Whom a command is about: arguments (subject, tenant). Make it while nothing with a destructor is alive.
struct Person {
    std::string_view tenant, subject;
};
Person person_args(FunctionCallInfo fcinfo) {
    pg::require_arguments(fcinfo, {"subject", "tenant"});
    return {pg::text_arg(fcinfo->args[1].value), text_of(*row_key_arg(fcinfo, 0))};
}

Oid owner_for_caller(AclMode rights) {
    const Oid owner = keys_owner(rights);
    pg::check_shape("privacy", keyring::privacy_shape);
    return owner;
}

constexpr int largest_batch = 1'000'000;

Bytes bytes_in(const pg::Query &query, std::uint64_t row, int column) {
    const Datum datum = query.value(row, column, BYTEAOID);
    return pg::call([datum] { return pg::bytes_arg(datum); });
}

std::string hex(Bytes bytes) {
    static constexpr char digit[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += digit[byte >> 4];
        text += digit[byte & 15];
    }
    return text;
}

struct StoredKey {
    std::string tenant;
    Mark mark;
    std::uint32_t number;
    keyring::Version version;
    std::vector<std::uint8_t> wrapped;
};

// An error says which row it was: the others are in order, and wait for it.
std::vector<std::uint8_t> rewrap_row(const StoredKey &key, keyring::Version to) {
    try {
        return rewrap(key.tenant, key.mark, key.number, key.wrapped, key.version, to);
    } catch (const Error &failure) {
        const bool wrong = std::string_view(failure.state()) == sqlstate::authentication_failed;
        throw Error(failure.state(), wrong ? "the key of a subject cannot be unwrapped" : failure.what(),
                    (wrong ? "A row of customer_keys.subject_key was changed, or belongs to another subject:"
                           : failure.detail() + " It is needed for a row of customer_keys.subject_key:") +
                        " mark " + hex(key.mark) + ", tenant \"" + key.tenant + "\".",
                    wrong ? "Restore the row from a backup of customer_keys, or delete it: values of the subject then "
                            "do not open."
                          : failure.hint());
    }
}

} // namespace
} // namespace cd::seal

using namespace cd;
using namespace cd::seal;

CD_DEFINE(cd_seal_for, seal_for<As::text>)
CD_DEFINE(cd_seal_bytes_for, seal_for<As::bytes>)

// True if there was a key. The tombstone is written in any case: a key may come back with a restore.
CD_FUNCTION(cd_shred) {
    const Person person = person_args(fcinfo);
    const Oid owner = owner_for_caller(ACL_DELETE);
    const std::string by = pg::user_name(GetUserId());
    const Mark mark = *find_mark(owner, person.tenant, person.subject, Unknown::make);
    bool had_key;
    {
        pg::AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        const pg::Value tenant = pg::text_value(person.tenant), marked = bytes_value(mark);
        // A row that is no key: whoever is making one for the same subject is waited for, and later ones wait for us
        // and then find the tombstone.
        query.write("INSERT INTO customer_keys.subject_key (tenant, mark, number, key_version, wrapped) "
                    "VALUES ($1, $2, 2147483647, 1, decode(repeat('00', 72), 'hex')) ON CONFLICT DO NOTHING",
                    {tenant, marked});
        had_key = query.rows() == 0;
        query.write("DELETE FROM customer_keys.subject_key WHERE tenant = $1 AND mark = $2 "
                    "RETURNING number::int4, CASE WHEN $3 THEN array_append(former_versions::int4[], "
                    "key_version::int4) ELSE '{}' END",
                    {tenant, marked, {BOOLOID, BoolGetDatum(had_key), false}});
        if (query.rows() != 1)
            throw Error(sqlstate::data_corrupted, "the key of the subject was not deleted", "The table kept its row.",
                        "Look for a trigger or a policy of customer_keys.subject_key.");
        const pg::Value number = integer_value(had_key ? query.integer(0, 1) : 1),
                        versions = {INT4ARRAYOID, query.value(0, 2, INT4ARRAYOID), false};
        // What was erased before stays as it was told, unless there was something new to erase.
        query.write(
            "INSERT INTO customer_store.subject_erased AS e (tenant, mark, number, key_versions, erased_by, "
            "transaction_id, wal_position) VALUES ($1, $2, $3, $4, $5::name, pg_current_xact_id(), "
            "pg_current_wal_insert_lsn()) ON CONFLICT (tenant, mark) DO UPDATE SET "
            "number = greatest(e.number + CASE WHEN e.allowed_at IS NULL OR e.number = 2147483647 THEN 0 ELSE 1 END, "
            "excluded.number), "
            "key_versions = ARRAY(SELECT unnest(e.key_versions) UNION SELECT unnest(excluded.key_versions) ORDER BY "
            "1), "
            "erased_at = excluded.erased_at, erased_by = excluded.erased_by, transaction_id = excluded.transaction_id, "
            "wal_position = excluded.wal_position, clean_position = NULL, allowed_at = NULL, allowed_by = NULL "
            "WHERE $6 OR e.allowed_at IS NOT NULL",
            {tenant, marked, number, versions, pg::text_value(by), {BOOLOID, BoolGetDatum(had_key), false}});
    }
    forget_everywhere();
    PG_RETURN_BOOL(had_key);
}

// Later values of the person get a new key.
CD_FUNCTION(cd_subject_allow) {
    const Person person = person_args(fcinfo);
    const Oid owner = owner_for_caller(ACL_DELETE);
    const std::string by = pg::user_name(GetUserId());
    const std::optional<Mark> mark = find_mark(owner, person.tenant, person.subject, Unknown::leave);
    bool found = false;
    if (mark) {
        pg::AsOwner as_owner(owner);
        as_owner.query.write("UPDATE customer_store.subject_erased SET allowed_at = coalesce(allowed_at, now()), "
                             "allowed_by = coalesce(allowed_by, $3::name) WHERE tenant = $1 AND mark = $2",
                             {pg::text_value(person.tenant), bytes_value(*mark), pg::text_value(by)});
        found = as_owner.query.rows() == 1;
    }
    if (!found)
        throw Error(sqlstate::undefined_object, "the subject was not erased",
                    "There is no such row in customer_store.subject_erased.",
                    "Give the subject, and the tenant if it is not the empty one, as customer_data.shred had them.");
    PG_RETURN_VOID();
}

// One batch of subject_rewrap, in the order of the primary key after the row that was given. NULL at the end of it.
CD_FUNCTION(cd_subject_rewrap_step) {
    enum { batch_, tenant_, mark_ };
    pg::require_arguments(fcinfo, {"batch"});
    const int batch = DatumGetInt32(fcinfo->args[batch_].value);
    if (batch < 1 || batch > largest_batch)
        throw Error(sqlstate::invalid_parameter, "batch must be between 1 and " + std::to_string(largest_batch),
                    "batch is " + std::to_string(batch) + ".", "The usual number is 10000.");
    TupleDesc const result = pg::new_result_row(fcinfo);
    const bool begins = fcinfo->args[tenant_].isnull || fcinfo->args[mark_].isnull;
    const pg::Value after_tenant = begins ? pg::text_value("") : pg::Value{TEXTOID, fcinfo->args[tenant_].value, false},
                    after_mark = begins ? bytes_value({}) : pg::Value{BYTEAOID, fcinfo->args[mark_].value, false};
    const Oid owner = owner_for_caller(ACL_SELECT | ACL_UPDATE | ACL_DELETE);
    const keyring::Version primary = keyring::primary_version();
    if (begins) rewrap_mark_key(owner, primary);

    std::vector<StoredKey> rows;
    {
        pg::AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        // What a restore brought back of those who were erased is not taken to the next version.
        if (begins)
            query.write(
                "WITH gone AS (DELETE FROM customer_keys.subject_key AS k USING customer_store.subject_erased AS e "
                "WHERE e.tenant = k.tenant AND e.mark = k.mark AND k.number <= e.number "
                "RETURNING k.tenant, k.mark) UPDATE customer_store.subject_erased AS e SET clean_position = NULL "
                "FROM gone WHERE e.tenant = gone.tenant AND e.mark = gone.mark");
        query.read("SELECT tenant::text, mark::bytea, number::int4, key_version::int4, wrapped::bytea "
                   "FROM customer_keys.subject_key WHERE (tenant, mark) > ($1, $2) AND key_version <> $3 "
                   "ORDER BY tenant, mark LIMIT $4",
                   {after_tenant, after_mark, integer_value(primary), integer_value(batch)}, pg::Query::See::now);
        for (std::uint64_t i = 0; i < query.rows(); ++i) {
            const Bytes marked = bytes_in(query, i, 2), wrapped = bytes_in(query, i, 5);
            rows.push_back({query.text(i, 1), Mark{}, static_cast<std::uint32_t>(query.integer(i, 3)),
                            static_cast<keyring::Version>(query.integer(i, 4)),
                            std::vector<std::uint8_t>(wrapped.begin(), wrapped.end())});
            StoredKey &row = rows.back();
            if (marked.size() != row.mark.size())
                throw Error(sqlstate::data_corrupted, "customer_keys.subject_key was changed by hand",
                            "A mark has " + std::to_string(marked.size()) + " bytes.", "Restore the table.");
            std::copy(marked.begin(), marked.end(), row.mark.begin());
        }
    }
    std::int64_t changed = 0;
    for (const StoredKey &row : rows) {
        pg::check_interrupts();
        const auto wrapped = rewrap_row(row, primary);
        AsKeysOwner as_owner(owner);
        static constinit pg::Statement update(
            "UPDATE customer_keys.subject_key SET key_version = $5, wrapped = $6, "
            "former_versions = ARRAY(SELECT unnest(former_versions) UNION SELECT key_version ORDER BY 1) "
            "WHERE tenant = $1 AND mark = $2 AND number = $3 AND key_version = $4");
        as_owner.query.write(update, {pg::text_value(row.tenant), bytes_value(row.mark), integer_value(row.number),
                                      integer_value(row.version), integer_value(primary), bytes_value(wrapped)});
        changed += static_cast<std::int64_t>(as_owner.query.rows());
    }
    const bool ends = rows.size() < static_cast<std::size_t>(batch);
    Datum values[] = {0, 0, Int64GetDatum(changed)};
    bool nulls[] = {ends, ends, false};
    if (!ends) {
        values[0] = pg::text_column(rows.back().tenant);
        values[1] = bytes_value(rows.back().mark).datum;
    }
    return pg::call([&] { return pg::row_datum(result, values, nulls); });
}
