# customer_data: PGXS build. `make`, `make install`, `make installcheck`, with any PG_CONFIG.
# A new feature is a folder under src and one word here; SQL is concatenated in this order.
FEATURES = purchase rfm dataset cluster segment evaluation survival churn clv keyring seal pseudonym fpe reveal mask

EXTENSION   = customer_data
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(EXTENSION).control)
MODULE_big  = $(EXTENSION)
SOURCES     = src/$(EXTENSION).cpp $(sort $(foreach d,pg common math learn crypto $(FEATURES),$(wildcard src/$(d)/*.cpp)))
OBJS        = $(SOURCES:.cpp=.o)
SQL_PIECES  = src/$(EXTENSION).sql $(foreach f,$(FEATURES),$(sort $(wildcard src/$(f)/*.sql)))
DATA_built  = $(EXTENSION)--$(EXTVERSION).sql
DATA       := $(wildcard src/upgrade/$(EXTENSION)--*.sql)
EXTRA_CLEAN = $(OBJS:.o=.d)

REGRESS        = $(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql)))
REGRESS_OPTS   = --load-extension=$(EXTENSION)
ISOLATION      = $(sort $(patsubst test/isolation/specs/%.spec,%,$(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=$(EXTENSION)
TAP_TESTS      = 1
PROVE_TESTS    = test/t/*.pl

# SANITIZE=undefined builds a module for a server under UBSan; WERROR=1 is what the tests use;
# EIGEN=DIR is where the headers of Eigen lie.
WARN        = -Wall -Wextra -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Wno-register $(if $(WERROR),-Werror)
SAN         = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all)
EIGEN      ?= /usr/include/eigen3
PG_CPPFLAGS = -Isrc -isystem $(EIGEN) -isystem $(shell $(PG_CONFIG) --includedir-server)
PG_CXXFLAGS = -std=c++20 -fvisibility=hidden -fvisibility-inlines-hidden -ffp-contract=off -MMD -MP $(WARN) $(SAN)
SHLIB_LINK  = -lstdc++ -lcrypto -Wl,--version-script=src/exports.map $(SAN)

# PGXS would compile the bitcode as C++14 without our flags, and nothing here is worth inlining into a plan.
override with_llvm = no
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# Every object depends on the headers it read (Debian's PGXS tracks none) and on the flags here.
$(OBJS): Makefile
-include $(OBJS:.o=.d)

$(shlib): src/exports.map

# Through the front end of the compiler only: its warnings, without its code. CMake builds the kernels with any compiler.
SYNTAX = $(patsubst %.cpp,%.syntax,$(filter %_sql.cpp src/pg/% src/$(EXTENSION).cpp,$(SOURCES)))
.PHONY: syntax $(SYNTAX)
syntax: $(SYNTAX)
$(SYNTAX): %.syntax: %.cpp
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -fsyntax-only $<

$(DATA_built): $(SQL_PIECES) $(EXTENSION).control
	{ printf '\\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \\quit\n'; \
	  for piece in $(SQL_PIECES); do printf '\n-- %s\n' $$piece; cat $$piece; done; } > $@
