# The front door. Everything real is in meson.build; these are the few words
# that people type.

BUILD = build
PACKAGES = gcc libc6-dev meson ninja-build pkg-config python3 libseccomp-dev libcmocka-dev
NINJA = ninja --quiet -C $(BUILD)
REEVE = $(BUILD)/reeve

.PHONY: all packages run test soak bench fuzz install clean

all: $(BUILD)/build.ninja
	@$(NINJA)
	@ln -sf src/cmd/reeve $(REEVE)

# What a fresh Debian 12 lacks is installed; without the right to do so, the one
# command that is missing is printed.
packages:
	@tools/packages $(PACKAGES)

$(BUILD)/build.ninja: | packages
	@meson setup $(BUILD) >/dev/null || meson setup $(BUILD)

# The second seed's tree, live.
run: all
	@cd $(BUILD) && ./reeve run examples/hippo/c/meta/c.cml

# Without these, the tests that need them are skipped: of the model, on another
# processor, of the debugger, beside other readers of JSON5.
TEST_PACKAGES = spin gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user gdb \
	node-json5 python3-json5

test: all
	@tools/packages $(TEST_PACKAGES) || true
	@tools/run-tests $(BUILD)

# A million light processes, ten million messages; some minutes and 6 GiB.
soak: all
	@$(BUILD)/test/soak/soak

bench: packages
	@tools/packages $(PACKAGES) bubblewrap libsystemd-dev dbus-daemon \
		dbus-broker strace golang-go erlang-base
	@meson setup build-bench -Dbench=true -Dtests=false \
		-Dbuildtype=release >/dev/null 2>&1 || \
		meson configure build-bench -Dbench=true
	@ninja -C build-bench
	@build-bench/bench/run

# Long runs of the fuzz targets: SECONDS for each (default 600).
fuzz:
	@tools/packages $(PACKAGES) clang libclang-rt-14-dev
	@tools/run-fuzz build-fuzz $(or $(SECONDS),600)

install: all
	@DESTDIR=$(DESTDIR) $(NINJA) install

clean:
	rm -rf $(BUILD) build-bench build-fuzz
