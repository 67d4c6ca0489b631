namespace TorchSharp;

public static partial class torch
{
    /// <summary>A place for tensors, such as "cpu" or "cuda:0".</summary>
    public class Device
    {
        /// <summary>The kind of device.</summary>
        public DeviceType type { get; }

        /// <summary>Its number; -1 means the current one.</summary>
        public int index { get; } = -1;

        /// <summary>A device from text such as "cuda:1". Throws <see cref="ArgumentException"/> for a kind it does not know.</summary>
        public Device(string description)
        {
            string[] parts = description.Split(':');
            type = TypeOf(parts[0]);
            if (parts.Length > 2 || (parts.Length == 2 && !int.TryParse(parts[1], out _)))
                throw new ArgumentException($"'{description}' is not a device: expected a kind and a number, such as cuda:0.", nameof(description));
            index = parts.Length == 2 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : -1;
        }

        /// <summary>A device from its kind's name and its number.</summary>
        public Device(string deviceType, int index = -1)
        {
            type = TypeOf(deviceType);
            this.index = index;
        }

        /// <summary>A device from its kind and number.</summary>
        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        /// <summary>The CUDA device of a number.</summary>
        public Device(int index) : this(DeviceType.CUDA, index)
        {
        }

        private static DeviceType TypeOf(string name) =>
            !int.TryParse(name, out _) && Enum.TryParse(name, ignoreCase: true, out DeviceType type) ? type
                : throw new ArgumentException($"'{name}' is not a kind of device: expected cpu, cuda, mps or meta.");

        /// <inheritdoc/>
        public override string ToString() => index < 0 ? type.ToString().ToLowerInvariant() : $"{type.ToString().ToLowerInvariant()}:{index}";

        /// <summary>A device from text such as "cuda:1".</summary>
        public static implicit operator Device(string description) => new(description);
    }

    /// <summary>The CPU.</summary>
    public static Device CPU = new(DeviceType.CPU);

    /// <summary>Shapes without memory.</summary>
    public static Device META = new(DeviceType.META);

    /// <summary>The current CUDA device.</summary>
    public static Device CUDA => new(DeviceType.CUDA);

    /// <summary>Apple's Metal device.</summary>
    public static Device MPS => new(DeviceType.MPS);

    /// <summary>A device from text such as "cuda:1".</summary>
    public static Device device(string description) => new(description);

    /// <summary>A device from its kind's name and its number.</summary>
    public static Device device(string deviceType, int index = -1) => new(deviceType, index);

    /// <summary>A device from its kind and number.</summary>
    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);

    /// <summary>The CUDA device of a number.</summary>
    public static Device device(int index) => new(index);
}
