using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // Moving parameters and buffers to other types and devices: new tensors take the place of the old ones.
        public partial class Module
        {
            /// <summary>The kind of device that the module was moved to last.</summary>
            protected DeviceType _deviceType = DeviceType.CPU;

            /// <summary>The number of the device that the module was moved to last.</summary>
            protected int _deviceIndex = -1;

            /// <summary>Converts the module to a floating-point type.</summary>
            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                RequireFloatingPoint(dtype);
                _toEpilog(dtype, null, non_blocking);
                return this;
            }

            /// <summary>Moves the module to a device.</summary>
            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                if (deviceType != DeviceType.CUDA) deviceIndex = -1;
                InitializeDeviceType(deviceType);
                _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);
                return this;
            }

            /// <summary>Converts the module to a floating-point type and moves it to a device.</summary>
            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                RequireFloatingPoint(dtype);
                _toEpilog(dtype, InitializeDevice(device), non_blocking);
                return this;
            }

            /// <summary>Gives the module the type and device of a tensor.</summary>
            public Module _to(Tensor other, bool non_blocking)
            {
                _to(other.dtype, non_blocking);
                return _to(other.device_type, other.device_index, non_blocking);
            }

            private static void RequireFloatingPoint(ScalarType dtype)
            {
                if (is_integral(dtype))
                    throw new ArgumentException($"nn.Module.to only accepts floating point or complex types, but got desired dtype={dtype}");
            }

            /// <summary>Converts what the module and its submodules hold. Null leaves the type or device as it is.</summary>
            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                foreach ((_, Module child) in named_children())
                {
                    if (device is null) child._to(dtype!.Value, non_blocking);
                    else if (dtype is null) child._to(device.type, device.index, non_blocking);
                    else child._to(device, dtype.Value, non_blocking);
                }
                Dictionary<string, FieldInfo> fields = [];
                foreach (FieldInfo field in Fields()) fields.TryAdd(field.ComponentName(), field);
                foreach ((string name, Parameter parameter) in named_parameters(false).ToList())
                {
                    if (!ReplaceParameter(dtype, device, parameter, out Parameter? replacement)) continue;
                    parameter.Dispose();
                    ConditionallyRegisterParameter(name, replacement);
                    if (fields.TryGetValue(name, out FieldInfo? field)) field.SetValue(this, replacement);
                }
                foreach ((string name, (Tensor buffer, bool persistent)) in _internal_buffers.ToList<(string, (Tensor, bool))>())
                {
                    if (!ReplaceBuffer(dtype, device, buffer, out Tensor? replacement)) continue;
                    ConditionallyRegisterBuffer(name, replacement, persistent);
                    if (fields.TryGetValue(name, out FieldInfo? field)) field.SetValue(this, replacement);
                }
                if (device is null) return;
                _deviceType = device.type;
                _deviceIndex = device.index;
            }

            /// <summary>The parameter converted, in no dispose scope; false where it is as wanted already.</summary>
            protected static bool ReplaceParameter(ScalarType? dtype, Device? device, Parameter param, out Parameter? p)
            {
                p = null;
                ScalarType type = dtype is { } wanted && !param.is_integral() ? wanted : param.dtype;
                Device place = device ?? param.device;
                using Tensor? grad = param.grad;
                if (!param.WillCopy(type, place) && (grad is null || !grad.WillCopy(type, place))) return false;
                using IDisposable mode = no_grad();
                p = new Parameter(param.to(type, place), param.requires_grad);
                p.DetachFromDisposeScope();
                if (grad is null) return true;
                using Tensor converted = grad.to(type, place).with_requires_grad(grad.requires_grad);
                p.grad = converted;
                return true;
            }

            /// <summary>The buffer converted (its type only where it is floating point), in no dispose scope; false where it is as wanted already.</summary>
            protected static bool ReplaceBuffer(ScalarType? dtype, Device? device, Tensor buffer, out Tensor? result)
            {
                result = null;
                ScalarType type = dtype is { } wanted && !buffer.is_integral() ? wanted : buffer.dtype;
                Device place = device ?? buffer.device;
                if (!buffer.WillCopy(type, place)) return false;
                result = buffer.to(type, place, disposeAfter: true).DetachFromDisposeScope();
                return true;
            }
        }
    }

}

/// <summary>Conversions of modules; each returns the module.</summary>
public static class ModuleExtensionMethods
{
    /// <summary>Converts the module to a floating-point type.</summary>
    public static T to<T>(this T module, torch.ScalarType type, bool non_blocking = false) where T : torch.nn.Module => (T)module._to(type, non_blocking);

    /// <summary>Moves the module to a device and converts it to a floating-point type.</summary>
    public static T to<T>(this T module, torch.Device device, torch.ScalarType type, bool non_blocking = false) where T : torch.nn.Module => (T)module._to(device, type, non_blocking);

    /// <summary>Moves the module to a device.</summary>
    public static T to<T>(this T module, torch.Device device, bool non_blocking = false) where T : torch.nn.Module => (T)module._to(device.type, device.index, non_blocking);

    /// <summary>Moves the module to a device.</summary>
    public static T to<T>(this T module, DeviceType deviceType, int deviceIndex = -1, bool non_blocking = false) where T : torch.nn.Module => (T)module._to(deviceType, deviceIndex, non_blocking);

    /// <summary>Moves the module to a device such as "cuda:0".</summary>
    public static T to<T>(this T module, string device, bool non_blocking = false) where T : torch.nn.Module => module.to(new torch.Device(device), non_blocking);

    /// <summary>Gives the module the type and device of a tensor.</summary>
    public static T to<T>(this T module, torch.Tensor other, bool non_blocking = false) where T : torch.nn.Module => (T)module._to(other, non_blocking);

    /// <summary>Moves the module to the CPU.</summary>
    public static T cpu<T>(this T module, bool non_blocking = false) where T : torch.nn.Module => module.to(DeviceType.CPU, -1, non_blocking);

    /// <summary>Moves the module to a CUDA device.</summary>
    public static T cuda<T>(this T module, int deviceIndex = -1, bool non_blocking = false) where T : torch.nn.Module => module.to(DeviceType.CUDA, deviceIndex, non_blocking);

    /// <summary>Converts the module to half precision.</summary>
    public static T half<T>(this T module, bool non_blocking = false) where T : torch.nn.Module => module.to(torch.ScalarType.Float16, non_blocking);

    /// <summary>Converts the module to bfloat16.</summary>
    public static T bfloat16<T>(this T module, bool non_blocking = false) where T : torch.nn.Module => module.to(torch.ScalarType.BFloat16, non_blocking);

    /// <summary>Converts the module to single precision.</summary>
    public static T @float<T>(this T module, bool non_blocking = false) where T : torch.nn.Module => module.to(torch.ScalarType.Float32, non_blocking);

    /// <summary>Converts the module to double precision.</summary>
    public static T @double<T>(this T module, bool non_blocking = false) where T : torch.nn.Module => module.to(torch.ScalarType.Float64, non_blocking);
}
