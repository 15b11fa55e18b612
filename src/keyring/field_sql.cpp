// Declared fields, looked up once in a transaction.
#include "keyring/field_sql.hpp"
#include "keyring/process_sql.hpp"
#include "pg/user_query.hpp"
#include <algorithm>
#include <climits>
extern "C" {
#include "access/parallel.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "storage/lmgr.h"
}

namespace cd::keyring {

namespace {

struct Fields {
    std::map<std::string, std::unique_ptr<Field>, std::less<>> known;
    std::vector<std::unique_ptr<Field>> former; // somebody may still hold a reference
    std::uint64_t transaction = 0, generation = 0;
};
Fields *the_fields; // made at first use, and never freed

Fields &fields() {
    if (!the_fields) the_fields = new Fields;
    return *the_fields;
}

// Taken by whoever uses a pinned version, and waited for by whoever has changed it.
LOCKTAG lock_tag(std::string_view field, Version pinned) {
    const std::uint64_t hash = hash_bytes_extended(reinterpret_cast<const unsigned char *>(field.data()),
                                                   static_cast<int>(field.size()), pinned);
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(hash),
                         4);
    return tag;
}

Version version_of(const pg::Query &query, int column) { return static_cast<Version>(query.integer(0, column)); }

// As it is committed at this moment, or as rows look to the transaction.
enum class As { committed, transaction };
std::unique_ptr<Field> read(Oid owner, const std::string &name, As as = As::committed) {
    pg::AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    std::optional<pg::LatestSnapshot> now;
    if (as == As::committed) now.emplace();
    static constinit pg::Statement look(
        "SELECT tenant::text, normaliser::text, key_version::int4, previous_version::int4, blind_bits::int4, "
        "alphabet::text, keep_left::int4, keep_right::int4, luhn::bool FROM customer_store.field "
        "WHERE field::text COLLATE \"C\" = $1");
    query.read(look, {pg::text_value(name)}, as == As::committed ? pg::Query::See::statement : pg::Query::See::now);
    if (query.rows() == 0) return nullptr;
    auto field = std::make_unique<Field>();
    field->name = name;
    field->tenant = query.text(0, 1);
    field->bound_name = utf8(field->name);
    field->bound_tenant = utf8(field->tenant);
    field->normaliser = query.text(0, 2);
    field->pinned = version_of(query, 3);
    if (!query.null(0, 4)) field->previous = version_of(query, 4);
    field->blind_bits = query.integer(0, 5);
    field->alphabet = query.text(0, 6);
    field->keep_left = query.integer(0, 7);
    field->keep_right = query.integer(0, 8);
    field->luhn = DatumGetBool(query.value(0, 9, BOOLOID));
    return field;
}

// The row, with a lock that tells others which version is in use; read again, for it may have changed before we had it.
std::unique_ptr<Field> read_and_lock(Oid owner, const std::string &name) {
    std::unique_ptr<Field> field = read(owner, name);
    while (field && !IsInParallelMode()) {
        const LOCKTAG tag = lock_tag(name, field->pinned);
        pg::call([&tag] { LockAcquire(&tag, ShareLock, false, false); });
        const Version locked = field->pinned;
        field = read(owner, name);
        if (!field || field->pinned != locked) continue;
        field->locked = true;
        break;
    }
    // Whoever sees rows from before a rotation would neither find their values nor know with which others they clash.
    if (field && field->locked && IsolationUsesXactSnapshot()) {
        const std::unique_ptr<Field> seen = read(owner, name, As::transaction);
        if (seen && (seen->pinned != field->pinned || seen->previous != field->previous))
            throw Error("40001", "could not serialize access due to a rotation of field \"" + name + "\"",
                        "It was rotated after this transaction had begun.",
                        "The transaction might succeed if retried.");
    }
    return field;
}

std::unique_ptr<Field> look_up(const std::string &name) {
    const Oid owner = store_owner();
    pg::check_shape("privacy", privacy_shape);
    std::unique_ptr<Field> field = read_and_lock(owner, name);
    if (!field) refuse_unknown(name);
    field->primary = primary_version();
    field->versions.push_back(field->primary);
    const auto &known = registry();
    for (auto row = known.rbegin(); row != known.rend(); ++row)
        if (row->first != field->primary && !row->second.retired) field->versions.push_back(row->first);
    return field;
}

// A parallel query may leave fields behind that nobody waits for.
bool holds(const Field &field) { return field.locked || IsInParallelMode(); }

// What a call keeps between rows: its field, and the text that named it. Plain data, in the memory of the call.
struct Site {
    const Field *field;
    std::uint64_t generation;
    std::size_t size, room;
    char *text;
};

} // namespace

void refuse_unknown(const std::string &name) {
    throw Error(sqlstate::undefined_object, "field \"" + name + "\" is not declared",
                "There is no such row in customer_store.field.", "customer_data.field_define declares it.");
}

Oid store_owner() {
    const Oid owner = pg::owner_for_caller("field", 0);
    if (!OidIsValid(owner))
        throw Error(sqlstate::not_set_up, "there is no table customer_store.field", "",
                    "Run SELECT customer_data.privacy_setup().");
    return owner;
}

const Field &field(std::string_view name) {
    Fields &all = fields();
    if (all.transaction != transaction()) {
        all.known.clear();
        all.former.clear();
        all.transaction = transaction();
    } else if (all.generation != generation())
        for (auto &[key, field] : std::exchange(all.known, {})) all.former.push_back(std::move(field));
    all.generation = generation();
    if (const auto found = all.known.find(name); found != all.known.end()) {
        if (holds(*found->second)) return *found->second;
        all.former.push_back(std::move(found->second));
        all.known.erase(found);
    }
    std::unique_ptr<Field> made = look_up(std::string(name));
    all.generation = generation(); // to register a version counts as a change
    return *(all.known[made->name] = std::move(made));
}

const Field &field_arg(FunctionCallInfo fcinfo, int argument) {
    if (fcinfo->args[argument].isnull)
        throw Error("22004", "field must not be NULL", "Argument " + std::to_string(argument + 1) + " is NULL.",
                    "Give the name of a declared field.");
    const std::string_view name = pg::text_arg(fcinfo->args[argument].value);
    auto *site = static_cast<Site *>(fcinfo->flinfo->fn_extra);
    if (site && site->generation == generation() && std::string_view(site->text, site->size) == name &&
        holds(*site->field))
        return *site->field;
    const Field &found = field(name);
    pg::call([&] {
        MemoryContext const context = fcinfo->flinfo->fn_mcxt;
        if (!site) fcinfo->flinfo->fn_extra = site = static_cast<Site *>(MemoryContextAllocZero(context, sizeof(Site)));
        if (site->room < name.size() || !site->text) {
            site->text = static_cast<char *>(MemoryContextAlloc(context, name.size() + 1));
            site->room = name.size();
        }
        memcpy(site->text, name.data(), name.size());
    });
    site->size = name.size();
    site->field = &found;
    site->generation = generation();
    return found;
}

void require_version(const std::string &user, Version version) {
    const Version primary = primary_version();
    use_version(version);
    const auto &known = registry();
    const auto registered = known.find(version);
    const std::string what = "version " + std::to_string(version) + " of the root key";
    if (registered == known.end() && version != primary) refuse_to_open();
    if (registered != known.end() && registered->second.retired)
        throw Error(sqlstate::unknown_key_version, what + " is retired", user + " was to use it.",
                    "A value that still has it was left out when the columns were rotated: restore it, or null it.");
    try {
        fetch(version);
    } catch (const Error &failure) {
        if (version == primary || ring().versions().empty()) throw;
        throw Error(sqlstate::unknown_key_version, what + " is not here", user + " needs it. " + failure.detail(),
                    "Let the provider give it as long as there are values that have it.");
    }
    check_root(version);
    if (version == primary) register_version(version);
}

void require_version(const Field &field, Version version) { require_version("Field \"" + field.name + "\"", version); }

void derive(const Label &label, Version version, std::span<std::uint8_t> out) { ring().derive(label, version, out); }

void derive(const Field &field, std::string_view kind, std::string_view algorithm, Version version,
            std::span<std::uint8_t> out) {
    derive({kind, field.bound_tenant, field.bound_name, algorithm}, version, out);
}

void refuse_to_open() {
    throw Error(sqlstate::authentication_failed, "the sealed value cannot be opened",
                "It was changed, or it was sealed for another field, row, tenant or key.",
                "Give the field and the row key that it was sealed with.");
}

void refuse_where_kept() {
    if (InSecurityRestrictedOperation())
        throw Error(sqlstate::insufficient_privilege, "nothing is opened for what the server keeps",
                    "Statistics of expressions and materialized views would keep it in the clear.",
                    "Open it in the query that shows the value.");
}

void wait_for_users(const std::string &field, Version pinned) {
    const LOCKTAG tag = lock_tag(field, pinned);
    pg::call([&tag] { WaitForLockers(tag, ExclusiveLock, false); });
}

void keep_users_out(const std::string &field, Version pinned) {
    const LOCKTAG tag = lock_tag(field, pinned);
    pg::call([&tag] { LockAcquire(&tag, ExclusiveLock, false, false); });
}

Datum text_from_utf8(std::string_view text) {
    const int encoding = GetDatabaseEncoding();
    const auto size = static_cast<int>(text.size());
    const auto refuse = [] {
        throw Error("22021", "what was sealed is not text in the encoding of the database", "",
                    "Open it with unseal_bytes.");
    };
    if (!pg_verify_mbstr(encoding == PG_SQL_ASCII ? PG_SQL_ASCII : PG_UTF8, text.data(), size, true)) refuse();
    if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII || text.empty())
        return pg::call([&text] { return pg::text_datum(text); });
    // The server's own way would show the character that the encoding lacks.
    const Oid function = pg::call([encoding] { return FindDefaultConversionProc(PG_UTF8, encoding); });
    if (!OidIsValid(function)) refuse();
    struct Converted {
        char *text;
        int read;
    };
    const Converted converted = pg::call([&] {
        const std::size_t room = text.size() * MAX_CONVERSION_GROWTH + 1;
        auto *const to = static_cast<char *>(MemoryContextAllocHuge(CurrentMemoryContext, room));
        auto *const from = reinterpret_cast<unsigned char *>(const_cast<char *>(text.data()));
        const int read = pg_do_encoding_conversion_buf(function, PG_UTF8, encoding, from, size,
                                                       reinterpret_cast<unsigned char *>(to),
                                                       static_cast<int>(std::min<std::size_t>(room, INT_MAX)), true);
        return Converted{to, read};
    });
    if (converted.read != size) refuse();
    return pg::call([&converted] {
        const Datum result = pg::text_datum(converted.text);
        explicit_bzero(converted.text, strlen(converted.text));
        pfree(converted.text);
        return result;
    });
}

} // namespace cd::keyring
