using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class jit
    {
        /// <summary>Loads a script from a file. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule load(string filename, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Load(filename, device_type, device_index));

        /// <summary>Loads a script from a file onto a device. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule load(string filename, Device map_location) => new(Load(filename, map_location.type, map_location.index));

        /// <summary>Loads a script from a file onto a device such as "cuda:0". Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule load(string filename, string map_location) => load(filename, new Device(map_location));

        /// <summary>Loads a script from memory. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule load(byte[] bytes, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Load(bytes, device_type, device_index));

        /// <summary>Loads a script from memory onto a device. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule load(byte[] bytes, Device map_location) => new(Load(bytes, map_location.type, map_location.index));

        /// <summary>Loads a script from memory onto a device such as "cuda:0". Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule load(byte[] bytes, string map_location) => load(bytes, new Device(map_location));

        /// <summary>Loads a script of tensors from a file. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<TResult> load<TResult>(string filename, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Load(filename, device_type, device_index));

        /// <summary>Loads a script of tensors from a file onto a device. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<TResult> load<TResult>(string filename, Device map_location) => new(Load(filename, map_location.type, map_location.index));

        /// <summary>Loads a script of tensors from a file onto a device such as "cuda:0". Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<TResult> load<TResult>(string filename, string map_location) => load<TResult>(filename, new Device(map_location));

        /// <summary>Loads a script of tensors from memory. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<TResult> load<TResult>(byte[] bytes, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Load(bytes, device_type, device_index));

        /// <summary>Loads a script of tensors from memory onto a device. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<TResult> load<TResult>(byte[] bytes, Device map_location) => new(Load(bytes, map_location.type, map_location.index));

        /// <summary>Loads a script of tensors from memory onto a device such as "cuda:0". Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<TResult> load<TResult>(byte[] bytes, string map_location) => load<TResult>(bytes, new Device(map_location));

        /// <summary>Loads a script of one input from a file. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, TResult> load<T1, TResult>(string filename, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Load(filename, device_type, device_index));

        /// <summary>Loads a script of one input from a file onto a device. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, TResult> load<T1, TResult>(string filename, Device map_location) => new(Load(filename, map_location.type, map_location.index));

        /// <summary>Loads a script of one input from a file onto a device such as "cuda:0". Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, TResult> load<T1, TResult>(string filename, string map_location) => load<T1, TResult>(filename, new Device(map_location));

        /// <summary>Loads a script of one input from memory. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, TResult> load<T1, TResult>(byte[] bytes, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Load(bytes, device_type, device_index));

        /// <summary>Loads a script of one input from memory onto a device. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, TResult> load<T1, TResult>(byte[] bytes, Device map_location) => new(Load(bytes, map_location.type, map_location.index));

        /// <summary>Loads a script of one input from memory onto a device such as "cuda:0". Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, TResult> load<T1, TResult>(byte[] bytes, string map_location) => load<T1, TResult>(bytes, new Device(map_location));

        /// <summary>Loads a script of two inputs from a file. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, T2, TResult> load<T1, T2, TResult>(string filename, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Load(filename, device_type, device_index));

        /// <summary>Loads a script of two inputs from a file onto a device. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, T2, TResult> load<T1, T2, TResult>(string filename, Device map_location) => new(Load(filename, map_location.type, map_location.index));

        /// <summary>Loads a script of two inputs from a file onto a device such as "cuda:0". Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, T2, TResult> load<T1, T2, TResult>(string filename, string map_location) => load<T1, T2, TResult>(filename, new Device(map_location));

        /// <summary>Loads a script of two inputs from memory. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, T2, TResult> load<T1, T2, TResult>(byte[] bytes, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Load(bytes, device_type, device_index));

        /// <summary>Loads a script of two inputs from memory onto a device. Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, T2, TResult> load<T1, T2, TResult>(byte[] bytes, Device map_location) => new(Load(bytes, map_location.type, map_location.index));

        /// <summary>Loads a script of two inputs from memory onto a device such as "cuda:0". Its code runs when it is called, so load what you trust.</summary>
        public static ScriptModule<T1, T2, TResult> load<T1, T2, TResult>(byte[] bytes, string map_location) => load<T1, T2, TResult>(bytes, new Device(map_location));

        /// <summary>Writes a script with its parameters to a file.</summary>
        public static void save(ScriptModule module, string filename)
        {
            Native.Check(Native.tss_script_save(module.NativeModule, filename));
            GC.KeepAlive(module);
        }

        private static nint Load(string filename, DeviceType type, long index)
        {
            if (!File.Exists(filename)) throw new FileNotFoundException(filename);
            Native.Check(Native.tss_script_load(filename, (int)type, IndexOf(type, index), out nint module));
            return module;
        }

        private static unsafe nint Load(byte[] bytes, DeviceType type, long index)
        {
            fixed (byte* start = bytes)
            {
                Native.Check(Native.tss_script_load_bytes(start, bytes.LongLength, (int)type, IndexOf(type, index), out nint module));
                return module;
            }
        }

        private static int IndexOf(DeviceType type, long index)
        {
            if (type != DeviceType.CUDA) return -1;
            return cuda.is_available() ? (int)index : throw new InvalidOperationException("CUDA is not available.");
        }
    }
}
