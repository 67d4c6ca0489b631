using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers on the CPU.</summary>
    public class Generator : IDisposable
    {
        private nint handle;

        /// <summary>A generator of its own, with a seed.</summary>
        public Generator(ulong seed = 0, Device? device = null)
        {
            if (device is not null && device.type != DeviceType.CPU)
                throw new NotSupportedException($"A generator on {device} can't be created; generators live on the CPU here.");
            Native.Check(Native.tss_generator_new(seed, out handle));
        }

        private Generator(nint handle) => this.handle = handle;

        /// <summary>The generator that operations use unless they are given another.</summary>
        public static Generator Default
        {
            get
            {
                Native.Check(Native.tss_generator_default((int)DeviceType.CPU, -1, out nint handle));
                return new Generator(handle);
            }
        }

        /// <summary>The native object. Throws where the generator was disposed.</summary>
        public IntPtr Handle => handle != 0 ? handle : throw new ObjectDisposedException(nameof(Generator));

        /// <summary>The CPU.</summary>
        public Device device => CPU;

        /// <summary>Restarts the sequence that belongs to a seed.</summary>
        public Generator manual_seed(long seed)
        {
            Native.Check(Native.tss_generator_manual_seed(Handle, (ulong)seed));
            return this;
        }

        /// <summary>Restarts from a random seed, and returns it.</summary>
        public long seed()
        {
            Native.Check(Native.tss_generator_seed(Handle, out ulong seed));
            return (long)seed;
        }

        /// <summary>The seed of the current sequence.</summary>
        public long initial_seed()
        {
            Native.Check(Native.tss_generator_current_seed(Handle, out ulong seed));
            return (long)seed;
        }

        /// <summary>Where in its sequence the generator is, as bytes.</summary>
        public Tensor get_state()
        {
            Native.Check(Native.tss_generator_get_state(Handle, out nint state));
            return new Tensor(state);
        }

        /// <summary>Returns to a state of <see cref="get_state"/>.</summary>
        public void set_state(Tensor value) => Native.Check(Native.tss_generator_set_state(Handle, value.Handle));

        /// <summary>Frees a generator that was not disposed.</summary>
        ~Generator() => Dispose(false);

        /// <summary>Releases the native object.</summary>
        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Releases the native object.</summary>
        protected virtual void Dispose(bool disposing)
        {
            nint released = Interlocked.Exchange(ref handle, 0);
            if (released != 0) Native.tss_generator_dispose(released);
        }
    }

    /// <summary>Seeds the default generators of all devices.</summary>
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    /// <summary>Seeds the default generators at random, and returns the seed.</summary>
    public static long seed() => random.seed();

    /// <summary>The seed of the default generator.</summary>
    public static long initial_seed() => random.initial_seed();

    /// <summary>The state of the default generator.</summary>
    public static Tensor get_rng_state() => random.get_rng_state();

    /// <summary>Restores the state of the default generator.</summary>
    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    /// <summary>The default generator.</summary>
    public static class random
    {
        /// <summary>Seeds the default generators of all devices.</summary>
        public static Generator manual_seed(long seed)
        {
            Native.Check(Native.tss_manual_seed((ulong)seed));
            return Generator.Default;
        }

        /// <summary>Seeds the default generators at random, and returns the seed.</summary>
        public static long seed()
        {
            using Generator generator = Generator.Default;
            return generator.seed();
        }

        /// <summary>The seed of the default generator.</summary>
        public static long initial_seed()
        {
            using Generator generator = Generator.Default;
            return generator.initial_seed();
        }

        /// <summary>The state of the default generator.</summary>
        public static Tensor get_rng_state()
        {
            using Generator generator = Generator.Default;
            return generator.get_state();
        }

        /// <summary>Restores the state of the default generator.</summary>
        public static void set_rng_state(Tensor new_state)
        {
            using Generator generator = Generator.Default;
            generator.set_state(new_state);
        }
    }
}
