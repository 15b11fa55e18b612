// Declaring fields, and moving them to another version of the key.
#include "fpe/fpe_format.hpp"
#include "keyring/field_sql.hpp"
#include "keyring/process_sql.hpp"
#include "mask/grapheme.hpp"
#include "pg/arguments.hpp"
#include "pg/user_query.hpp"
#include "pseudonym/blind.hpp"
#include <algorithm>
extern "C" {
#include "catalog/pg_type.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
}

namespace cd::keyring {

namespace {

using Values = std::initializer_list<pg::Value>;

std::string text_argument(FunctionCallInfo fcinfo, int i) {
    const Datum datum = fcinfo->args[i].value;
    const std::string_view text = pg::call([datum] { return pg::text_arg(datum); });
    return std::string(text);
}
int integer_argument(FunctionCallInfo fcinfo, int i) { return DatumGetInt32(fcinfo->args[i].value); }

Oid owner_for_caller(AclMode rights) {
    store_owner(); // there are tables
    return pg::owner_for_caller("field", rights);
}

[[noreturn]] void refuse(const std::string &what, const std::string &seen, const std::string &hint) {
    throw Error(sqlstate::invalid_parameter, what, seen, hint);
}

void require_between(int value, int low, int high, const char *name, const char *hint) {
    if (value < low || value > high)
        refuse(std::string(name) + " must be between " + std::to_string(low) + " and " + std::to_string(high),
               std::string(name) + " is " + std::to_string(value) + ".", hint);
}

// Names stand in errors and in the server's log, where two that look alike would be taken for one.
void require_readable(const std::string &value, const char *name) {
    if (mask::has_control_character(utf8(value)))
        refuse(std::string(name) + " must not have control characters", std::string(name) + " has one.",
               "Line ends, and characters of Unicode that are not seen or turn the direction of writing, are such.");
}

// The categories of personal data that a catalogue of fields tells apart.
constexpr const char *categories[] = {"personal",    "demographic", "psychographic", "behaviour",
                                      "transaction", "financial",   "feedback",      "social"};

std::string list_of(std::span<const char *const> words) {
    std::string list;
    for (const char *const word : words) list += (list.empty() ? "" : ", ") + std::string(word);
    return list;
}

void require_one_of(const std::string &value, std::span<const char *const> words, const char *name) {
    if (std::none_of(words.begin(), words.end(), [&value](const char *word) { return value == word; }))
        refuse(std::string("unknown ") + name, std::string(name) + " is \"" + value + "\".",
               "Known are " + list_of(words) + ".");
}

pg::Value integer_value(std::int64_t value) {
    return {INT4OID, Int32GetDatum(static_cast<std::int32_t>(value)), false};
}

// A version that values can be made with: its root key is here, is the right one, and is registered.
void ready(Version version) {
    const auto known = registry().find(version);
    if (known != registry().end() && known->second.retired)
        refuse("the version of the key is retired", "key_version is " + std::to_string(version) + ".",
               "Take a later one.");
    fetch(version);
    check_root(version);
    register_version(version);
}

} // namespace

CD_FUNCTION(cd_field_define) {
    enum {
        name_,
        category_,
        normaliser_,
        tenant_,
        key_version_,
        blind_bits_,
        identifier_,
        alphabet_,
        left_,
        right_,
        luhn_
    };
    for (const int i :
         {name_, category_, normaliser_, tenant_, blind_bits_, identifier_, alphabet_, left_, right_, luhn_})
        if (fcinfo->args[i].isnull)
            throw Error("22004", "arguments of field_define must not be NULL, but key_version",
                        "Argument " + std::to_string(i + 1) + " is NULL.", "Leave it out.");
    const Oid owner = owner_for_caller(ACL_SELECT | ACL_INSERT | ACL_UPDATE);
    const std::string name = text_argument(fcinfo, name_), category = text_argument(fcinfo, category_),
                      tenant = text_argument(fcinfo, tenant_), identifier = text_argument(fcinfo, identifier_),
                      alphabet = text_argument(fcinfo, alphabet_);
    const int bits = integer_argument(fcinfo, blind_bits_), left = integer_argument(fcinfo, left_),
              right = integer_argument(fcinfo, right_);
    const bool luhn = DatumGetBool(fcinfo->args[luhn_].value);
    static constexpr const char *identifiers[] = {"direct", "quasi", "sensitive", "none"};
    if (name.empty())
        refuse("a field needs a name", "field is empty.", "A name says where it stands: crm.customer.email.");
    require_readable(name, "field");
    require_readable(tenant, "tenant");
    require_one_of(category, categories, "category");
    require_one_of(identifier, identifiers, "identifier");
    const auto normaliser = pseudonym::find_normaliser(text_argument(fcinfo, normaliser_));
    if (!normaliser)
        refuse("unknown normaliser", "normaliser is \"" + text_argument(fcinfo, normaliser_) + "\".",
               "Known are " + pseudonym::normaliser_names() + ".");
    require_between(bits, pseudonym::min_blind_bits, pseudonym::max_blind_bits, "blind_bits",
                    "customer_data.blind_bits(rows) gives a length that fits.");
    require_between(left, 0, 1000, "keep_left", "It counts characters of the alphabet that stay as they are.");
    require_between(right, 0, 1000, "keep_right", "It counts characters of the alphabet that stay as they are.");
    fpe::Format(utf8(alphabet), left, right, luhn); // throws unless values can have it
    if (!fcinfo->args[key_version_].isnull)
        require_between(integer_argument(fcinfo, key_version_), 1, static_cast<int>(max_version), "key_version",
                        "Leave it out for customer_data.key_version.");
    const std::string caller = pg::user_name(GetUserId());
    {
        // Two definitions of a name at once: the second one waits, and then finds the first.
        pg::AsOwner as_owner(owner);
        as_owner.query.write(
            "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('customer_store.field', 0))");
    }
    bool known, same = false;
    Version pinned = 0;
    {
        pg::AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        query.read(
            "SELECT key_version::int4, tenant::text = $2 AND normaliser::text = $3 AND blind_bits::int4 = $4 AND "
            "alphabet::text = $5 AND keep_left::int4 = $6 AND keep_right::int4 = $7 AND luhn::bool = $8 "
            "FROM customer_store.field WHERE field::text COLLATE \"C\" = $1",
            {pg::text_value(name),
             pg::text_value(tenant),
             pg::text_value(pseudonym::normaliser_name(*normaliser)),
             integer_value(bits),
             pg::text_value(alphabet),
             integer_value(left),
             integer_value(right),
             {BOOLOID, BoolGetDatum(luhn), false}},
            pg::Query::See::now);
        known = query.rows() == 1;
        if (known) {
            pinned = static_cast<Version>(query.integer(0, 1));
            same = DatumGetBool(query.value(0, 2, BOOLOID));
        }
    }
    const Version wanted = !fcinfo->args[key_version_].isnull
                               ? static_cast<Version>(integer_argument(fcinfo, key_version_))
                           : known ? pinned
                                   : primary_version();
    if (known && (!same || wanted != pinned))
        throw Error("42710", "field \"" + name + "\" is declared already, in another way",
                    "Values that were made for it depend on tenant, normaliser, key version, blind_bits and alphabet.",
                    "Declare a field of another name; field_rotate moves a field to another version of the key.");
    if (!known) ready(wanted);
    {
        pg::AsOwner as_owner(owner);
        as_owner.query.write(
            "INSERT INTO customer_store.field AS f (field, category, normaliser, tenant, key_version, blind_bits, "
            "identifier, "
            "alphabet, keep_left, keep_right, luhn, defined_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
            "$12::name) "
            "ON CONFLICT (field) DO UPDATE SET category = excluded.category, identifier = excluded.identifier",
            {pg::text_value(name),
             pg::text_value(category),
             pg::text_value(pseudonym::normaliser_name(*normaliser)),
             pg::text_value(tenant),
             integer_value(wanted),
             integer_value(bits),
             pg::text_value(identifier),
             pg::text_value(alphabet),
             integer_value(left),
             integer_value(right),
             {BOOLOID, BoolGetDatum(luhn), false},
             pg::text_value(caller)});
    }
    forget_lookups();
    PG_RETURN_VOID();
}

// Deterministic values of the field get another version from now on; those that stand there keep the previous one until
// seal_rotate has made them anew.
CD_FUNCTION(cd_field_rotate) {
    if (fcinfo->args[0].isnull)
        throw Error("22004", "field must not be NULL", "Argument 1 is NULL.", "Give the name of a declared field.");
    const Oid owner = owner_for_caller(ACL_SELECT | ACL_UPDATE);
    const std::string name = text_argument(fcinfo, 0);
    if (!fcinfo->args[1].isnull)
        require_between(integer_argument(fcinfo, 1), 1, static_cast<int>(max_version), "key_version",
                        "Leave it out for customer_data.key_version.");
    const Version wanted =
        fcinfo->args[1].isnull ? primary_version() : static_cast<Version>(integer_argument(fcinfo, 1));
    ready(wanted);
    {
        pg::AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        query.write("SELECT key_version::int4, previous_version::int4 FROM customer_store.field "
                    "WHERE field::text COLLATE \"C\" = $1 FOR UPDATE",
                    {pg::text_value(name)});
        if (query.rows() == 0) refuse_unknown(name);
        if (query.integer(0, 1) == static_cast<std::int32_t>(wanted)) PG_RETURN_VOID();
        if (!query.null(0, 2))
            throw Error(
                sqlstate::not_set_up, "field \"" + name + "\" is being rotated already",
                "It goes from version " + std::to_string(query.integer(0, 2)) + " to version " +
                    std::to_string(query.integer(0, 1)) + ".",
                "Finish that first: CALL customer_data.seal_rotate for its columns, then customer_data.field_rotated.");
        query.write("UPDATE customer_store.field SET previous_version = key_version, key_version = $2 "
                    "WHERE field::text COLLATE \"C\" = $1",
                    {pg::text_value(name), integer_value(wanted)});
    }
    forget_lookups();
    PG_RETURN_VOID();
}

// The previous version is forgotten, if no value has it any more.
CD_FUNCTION(cd_field_rotated) {
    pg::require_arguments(fcinfo, {"field"});
    const Oid owner = owner_for_caller(ACL_SELECT | ACL_UPDATE);
    const std::string name = text_argument(fcinfo, 0);
    std::optional<Version> previous;
    {
        pg::AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        query.write(
            "SELECT previous_version::int4 FROM customer_store.field WHERE field::text COLLATE \"C\" = $1 FOR UPDATE",
            {pg::text_value(name)});
        if (query.rows() == 0) refuse_unknown(name);
        if (!query.null(0, 1)) previous = static_cast<Version>(query.integer(0, 1));
    }
    if (!previous) PG_RETURN_VOID();
    keep_users_out(name, *previous); // they may be about to write it
    if (const std::string table = hidden_table(name); !table.empty())
        throw Error(sqlstate::insufficient_privilege, "table " + table + " may have values of the previous version",
                    pg::user_name(GetUserId()) + " cannot see all of its rows.",
                    "Call it as a role that may SELECT from all tables with the field, past row-level security.");
    if (const std::string column = column_with(*previous, &name); !column.empty())
        throw Error(sqlstate::not_set_up, "field \"" + name + "\" has values of the previous version",
                    "Column " + column + " has values of version " + std::to_string(*previous) + ".",
                    "CALL customer_data.seal_rotate for it; SELECT * FROM customer_data.rotation_status() shows all.");
    {
        pg::AsOwner as_owner(owner);
        as_owner.query.write(
            "UPDATE customer_store.field SET previous_version = NULL WHERE field::text COLLATE \"C\" = $1",
            {pg::text_value(name)});
    }
    forget_lookups();
    PG_RETURN_VOID();
}

} // namespace cd::keyring
