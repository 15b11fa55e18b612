// Opening sealed values on a ticket.
#include "reveal/reveal_sql.hpp"
#include "pg/arguments.hpp"
#include "seal/seal_sql.hpp"
extern "C" {
#include "access/parallel.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "common/int.h"
#include "utils/snapmgr.h"
}

namespace cd::reveal {

namespace {

enum { ticket_argument, field_argument, value_argument, row_key_argument };

[[noreturn]] void refuse(const std::string &why, const std::string &hint) {
    throw Error(sqlstate::invalid_ticket, "the ticket cannot be used", why, hint);
}
constexpr const char *ask_again = "Ask for a ticket with customer_data.reveal_request, and commit.";

[[noreturn]] void refuse_expired() { refuse("It has expired.", ask_again); }

// Tickets of this transaction: each is told to the log once, at its first use, and recorded at the end.
struct Use {
    pg_uuid_t id;
    Ticket ticket;
};
std::vector<Use> *uses; // made at first use, and never freed

void record_uses() {
    if (!uses || uses->empty() || !may_write()) return;
    const Oid owner = pg::owner_for_caller("reveal_use", 0);
    if (!OidIsValid(owner)) return; // this transaction has dropped the tables; the log has its line
    std::vector<Count> used;
    for (const Use &use : *uses)
        if (Count count; count_of(use.ticket, count)) used.push_back(count);
    pg::call([] { PushActiveSnapshot(GetTransactionSnapshot()); });
    {
        pg::AsOwner as_owner(owner);
        add_uses(as_owner.query, used);
    }
    pg::call([] { PopActiveSnapshot(); });
}

void at_transaction(XactEvent event, void *) {
    switch (event) {
    case XACT_EVENT_PRE_COMMIT:
    case XACT_EVENT_PRE_PREPARE: pg::guarded(record_uses); break;
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_ABORT:
    case XACT_EVENT_PREPARE:
        if (uses) uses->clear();
        break;
    default: break;
    }
}

struct Asked {
    std::string field, role, session_role, purpose, reason;
    std::int32_t max_rows;
    TimestampTz requested_at, expires_at;
};

// Whoever may write to the table could write tickets of any size, and ones that never give back their place.
void require_bounds(const Asked &asked) {
    const auto lasts = [&asked](TimestampTz since) {
        std::int64_t life;
        return pg_sub_s64_overflow(asked.expires_at, since, &life) || life > longest_life;
    };
    std::string seen;
    if (asked.max_rows < 1 || asked.max_rows > most_rows)
        seen = "for " + std::to_string(asked.max_rows) + " rows";
    else if (lasts(asked.requested_at) || lasts(GetCurrentTimestamp()))
        seen = "for more than a day";
    else
        return;
    refuse("It was not made by customer_data.reveal_request: it is " + seen + ".", ask_again);
}

// Who, why and how much, and never what: before the first value is shown, and whatever the transaction does then.
void tell(const pg_uuid_t &id, const Asked &asked) {
    const std::string ticket = text_of(id), role = in_log(asked.role), session_role = in_log(asked.session_role),
                      field = in_log(asked.field), purpose = in_log(asked.purpose), reason = in_log(asked.reason);
    const int max_rows = asked.max_rows;
    pg::call([&] {
        ereport(LOG_SERVER_ONLY,
                (errmsg("customer_data reveal: role \"%s\", session role \"%s\", field \"%s\", purpose \"%s\", reason "
                        "\"%s\", at most %d rows, ticket %s",
                        role.c_str(), session_role.c_str(), field.c_str(), purpose.c_str(), reason.c_str(), max_rows,
                        ticket.c_str()),
                 errhidestmt(true), errhidecontext(true)));
    });
}

Ticket use(const pg_uuid_t &id, const Asked &asked) {
    if (!uses) {
        uses = new std::vector<Use>;
        pg::call([] { RegisterXactCallback(at_transaction, nullptr); });
    }
    Ticket ticket;
    if (!open_ticket(id, GetUserId(), static_cast<std::uint32_t>(asked.max_rows), asked.expires_at, ticket))
        refuse_expired();
    for (const Use &known : *uses)
        if (memcmp(&known.id, &id, sizeof id) == 0) return ticket;
    tell(id, asked);
    uses->push_back({id, ticket});
    return ticket;
}

// The ticket as its request has committed it.
Ticket admit(const pg_uuid_t &id, const keyring::Field &field) {
    const std::uint64_t now = epoch();
    const Oid owner = owner_of("reveal_ticket", 0);
    Asked asked;
    asked.role = pg::user_name(GetUserId());
    asked.session_role = pg::user_name(GetSessionUserId());
    bool own;
    std::uint64_t of;
    Oid database;
    {
        pg::AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        query.read("SELECT field::text, purpose::text, reason::text, max_rows::int4, requested_at::timestamptz, "
                   "expires_at::timestamptz, "
                   "epoch::int8, database::oid, "
                   "requested_in::xid8 IS NOT DISTINCT FROM pg_current_xact_id_if_assigned() "
                   "FROM customer_store.reveal_ticket WHERE ticket::uuid = $1 AND role::text = $2 AND "
                   "session_role::text = $3",
                   {uuid_value(id), pg::text_value(asked.role), pg::text_value(asked.session_role)},
                   pg::Query::See::now);
        if (query.rows() != 1)
            refuse("There is no such ticket of role \"" + asked.role + "\" in a session of \"" + asked.session_role +
                       "\".",
                   ask_again);
        asked.field = query.text(0, 1);
        asked.purpose = query.text(0, 2);
        asked.reason = query.text(0, 3);
        asked.max_rows = query.integer(0, 4);
        asked.requested_at = query.time(0, 5);
        asked.expires_at = query.time(0, 6);
        of = static_cast<std::uint64_t>(query.bigint(0, 7));
        database = DatumGetObjectId(query.value(0, 8, OIDOID));
        own = DatumGetBool(query.value(0, 9, BOOLOID));
    }
    require_bounds(asked);
    if (asked.field != field.name)
        refuse("It is for field \"" + asked.field + "\", not for \"" + field.name + "\".", ask_again);
    if (own)
        refuse("It was requested in this transaction, whose end may undo the request.",
               "Commit, and reveal in another transaction.");
    if (of != now || database != MyDatabaseId)
        refuse("It is void: the server was restarted since, or it is of another database.", ask_again);
    require_grant(field.name);
    return use(id, asked);
}

// What a call keeps between rows. Plain data, in the memory of the call.
struct Site {
    std::uint64_t generation;
    Oid role, session_role;
    const keyring::Field *field;
    pg_uuid_t id;
    Ticket ticket;
    std::size_t size, room;
    char *name;

    bool is_for(const pg_uuid_t &asked, std::string_view field_name) const {
        return generation == keyring::generation() && role == GetUserId() && session_role == GetSessionUserId() &&
               memcmp(&id, &asked, sizeof id) == 0 && std::string_view(name, size) == field_name;
    }
};

Site &site_of(FunctionCallInfo fcinfo) {
    const std::string_view name = pg::text_arg(fcinfo->args[field_argument].value);
    const pg_uuid_t &id = *DatumGetUUIDP(fcinfo->args[ticket_argument].value);
    auto *site = static_cast<Site *>(fcinfo->flinfo->fn_extra);
    if (site && site->is_for(id, name)) return *site;
    pg::call([&] {
        MemoryContext const context = fcinfo->flinfo->fn_mcxt;
        if (!site) fcinfo->flinfo->fn_extra = site = static_cast<Site *>(MemoryContextAllocZero(context, sizeof(Site)));
        site->generation = 0; // of nothing, until the ticket is admitted
        if (site->room < name.size() || !site->name) {
            site->name = static_cast<char *>(MemoryContextAlloc(context, name.size() + 1));
            site->room = name.size();
        }
        memcpy(site->name, name.data(), name.size());
    });
    site->size = name.size();
    site->id = id;
    refuse_on_standby();
    epoch();
    site->field = &keyring::field(name);
    site->ticket = admit(id, *site->field);
    site->role = GetUserId();
    site->session_role = GetSessionUserId();
    site->generation = keyring::generation();
    return *site;
}

void take_one_row(const Site &site) {
    switch (charge(site.ticket)) {
    case Charged::yes: return;
    case Charged::spent: refuse("All of its rows have been revealed.", ask_again);
    case Charged::expired: refuse_expired();
    }
}

// Whoever reads it must not notice. A notification would tell him, and would be lost in a rollback.
void raise_alarm(const Site &site) {
    count_canary(site.ticket);
    const std::string ticket = text_of(site.id), role = in_log(pg::user_name(site.role)),
                      session_role = in_log(pg::user_name(site.session_role)), field = in_log(site.field->name);
    pg::call([&] {
        ereport(LOG_SERVER_ONLY, (errmsg("customer_data canary revealed: role \"%s\", session role \"%s\", field "
                                         "\"%s\", ticket %s",
                                         role.c_str(), session_role.c_str(), field.c_str(), ticket.c_str()),
                                  errhidestmt(true), errhidecontext(true)));
    });
}

enum class As { text, bytes };

template <As as> Datum reveal_value(FunctionCallInfo fcinfo) {
    pg::require_arguments(fcinfo, {"ticket", "field"});
    if (fcinfo->args[value_argument].isnull) PG_RETURN_NULL();
    const Site &site = site_of(fcinfo);
    const std::optional<Bytes> row_key = seal::row_key_arg(fcinfo, row_key_argument);
    const Bytes value = pg::bytes_arg(fcinfo->args[value_argument].value);
    take_one_row(site);
    const seal::Sealed sealed = seal::stored(value);
    seal::Plaintext plaintext(sealed.plaintext_size());
    seal::open(*site.field, sealed, row_key, plaintext.data());
    if (is_canary(*site.field, plaintext.bytes())) raise_alarm(site);
    const Bytes bytes = plaintext.bytes();
    if constexpr (as == As::bytes) return pg::call([&bytes] { return pg::copy_datum(bytes); });
    return keyring::text_from_utf8({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
}

} // namespace

Oid owner_of(const char *table, AclMode rights) {
    const Oid owner = pg::owner_for_caller(table, rights);
    if (!OidIsValid(owner))
        throw Error(sqlstate::not_set_up, std::string("there is no table customer_store.") + table, "",
                    "Run SELECT customer_data.privacy_setup().");
    return owner;
}

void refuse_on_standby() {
    if (!RecoveryInProgress()) return;
    throw Error("25006", "nothing is revealed on a standby", "A reveal could not be recorded here.",
                "Reveal on the primary.");
}

bool may_write() { return !XactReadOnly && !IsInParallelMode() && !RecoveryInProgress(); }

void require_grant(const std::string &field) {
    const Oid caller = GetUserId(), owner = owner_of("reveal_grant", 0);
    std::string other; // a role that got a name to which it was granted
    {
        pg::AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        query.read("SELECT r.rolname::text, (g.role_oid::oid = r.oid) IS NOT FALSE AS same FROM "
                   "customer_store.reveal_grant g JOIN pg_roles r ON r.rolname = g.role::name "
                   "WHERE g.field::text COLLATE \"C\" = $1 AND (g.valid_until::timestamptz > clock_timestamp()) IS NOT "
                   "FALSE AND pg_has_role($2, r.oid, 'USAGE') ORDER BY same DESC LIMIT 1",
                   {pg::text_value(field), {OIDOID, ObjectIdGetDatum(caller), false}}, pg::Query::See::now);
        if (query.rows() == 1) {
            if (DatumGetBool(query.value(0, 2, BOOLOID))) return;
            other = query.text(0, 1);
        }
    }
    if (!other.empty())
        throw Error(sqlstate::no_reveal_right, "no right to reveal field \"" + field + "\"",
                    "It was granted when another role was named \"" + other +
                        "\": one that was dropped since, or one of the server that the tables were restored from. It "
                        "must be granted again.",
                    "Whoever is in charge of the field grants it again with customer_data.reveal_grant.");
    throw Error(sqlstate::no_reveal_right, "no right to reveal field \"" + field + "\"",
                "It is not granted to role \"" + pg::user_name(caller) + "\", nor to a role whose rights it has.",
                "Whoever is in charge of the field grants it with customer_data.reveal_grant.");
}

std::string text_argument(FunctionCallInfo fcinfo, int i) {
    const Datum datum = fcinfo->args[i].value;
    const std::string_view text = pg::call([datum] { return pg::text_arg(datum); });
    return std::string(text);
}

std::string text_of(const pg_uuid_t &id) {
    static constexpr char digit[] = "0123456789abcdef";
    std::string text;
    for (int i = 0; i < UUID_LEN; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += digit[id.data[i] >> 4];
        text += digit[id.data[i] & 15];
    }
    return text;
}

std::string in_log(std::string_view words) {
    std::string text;
    for (const char c : words) {
        if (c == '"') text += c;
        text += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
    }
    return text;
}

pg::Value uuid_value(const pg_uuid_t &id) { return {UUIDOID, UUIDPGetDatum(&id), false}; }

} // namespace cd::reveal

using namespace cd::reveal;

CD_DEFINE(cd_reveal, reveal_value<As::text>)
CD_DEFINE(cd_reveal_bytes, reveal_value<As::bytes>)
